import { ResponseHeadersPolicy } from '@pulumi/aws/cloudfront/responseHeadersPolicy.js';
import { type Input, interpolate, type Resource } from '@pulumi/pulumi';

/** Seconds for which browsers come by https alone: two years, as the preload lists ask for. */
const TWO_YEARS = 2 * 365 * 24 * 3600;

const always = {
  contentTypeOptions: { override: true },
  strictTransportSecurity: { accessControlMaxAgeSec: TWO_YEARS, override: true },
};

/** Headers of pictures: whatever a file might hold, no browser runs anything of it. */
export const pictureHeaders = (name: string, parent: Resource) =>
  new ResponseHeadersPolicy(
    name,
    {
      securityHeadersConfig: {
        ...always,
        contentSecurityPolicy: {
          contentSecurityPolicy: "default-src 'none'; sandbox",
          override: true,
        },
      },
      // Pictures may be shown by the pages of others, which is what their addresses are for.
      customHeadersConfig: {
        items: [{ header: 'cross-origin-resource-policy', value: 'cross-origin', override: true }],
      },
    },
    { parent },
  );

/**
 * Headers of the page: nothing from elsewhere, nobody may frame it.
 *
 * @param uploadHost where its forms are sent: the bucket
 */
export const pageHeaders = (name: string, uploadHost: Input<string>, parent: Resource) =>
  new ResponseHeadersPolicy(
    name,
    {
      securityHeadersConfig: {
        ...always,
        contentSecurityPolicy: { contentSecurityPolicy: pagePolicy(uploadHost), override: true },
        frameOptions: { frameOption: 'DENY', override: true },
        referrerPolicy: { referrerPolicy: 'strict-origin-when-cross-origin', override: true },
      },
    },
    { parent },
  );

const pagePolicy = (uploadHost: Input<string>) =>
  interpolate`default-src 'self'; img-src 'self' blob: data:; connect-src 'self' https://${uploadHost}; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`;
