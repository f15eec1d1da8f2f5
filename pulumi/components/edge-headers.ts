import { ResponseHeadersPolicy } from '@pulumi/aws/cloudfront/responseHeadersPolicy.js';
import { concat, type Input, interpolate, type Resource } from '@pulumi/pulumi';

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
 * Headers of the page, as the API sends them on a laptop.
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
        referrerPolicy: { referrerPolicy: 'no-referrer', override: true },
      },
      customHeadersConfig: {
        items: [
          { header: 'cross-origin-opener-policy', value: 'same-origin', override: true },
          {
            header: 'permissions-policy',
            value: 'camera=(self), microphone=(), geolocation=()',
            override: true,
          },
        ],
      },
    },
    { parent },
  );

/** The page runs its own scripts and styles, and talks to us alone. */
const pagePolicy = (uploadHost: Input<string>) =>
  concat(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; ",
    interpolate`connect-src 'self' https://${uploadHost}; `,
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  );
