import { ResponseHeadersPolicy } from '@pulumi/aws/cloudfront/responseHeadersPolicy.js';
import { type Input, output, type Resource } from '@pulumi/pulumi';
import { PHOTO_HEADERS, WEB_APP_HEADERS, webAppPolicy } from '../../contract/web-app.ts';

/** Two years, as HSTS preload lists require. */
const HSTS_MAX_AGE_S = 2 * 365 * 24 * 3600;

const always = {
  contentTypeOptions: { override: true },
  strictTransportSecurity: { accessControlMaxAgeSec: HSTS_MAX_AGE_S, override: true },
};

/** Headers of photos. */
export const photoHeaders = (name: string, parent: Resource) =>
  new ResponseHeadersPolicy(
    name,
    {
      securityHeadersConfig: {
        ...always,
        contentSecurityPolicy: {
          contentSecurityPolicy: PHOTO_HEADERS['content-security-policy'],
          override: true,
        },
      },
      customHeadersConfig: {
        items: customHeaders({
          'cross-origin-resource-policy': PHOTO_HEADERS['cross-origin-resource-policy'],
        }),
      },
    },
    { parent },
  );

/**
 * Headers of the web app, the same as those of the API in laptop mode.
 *
 * @param uploadHost host that receives direct uploads: the bucket
 */
export function webAppHeaders(name: string, uploadHost: Input<string>, parent: Resource) {
  const { 'referrer-policy': referrerPolicy, ...others } = WEB_APP_HEADERS;
  const policy = output(uploadHost).apply((host) => webAppPolicy({ uploads: `https://${host}` }));
  return new ResponseHeadersPolicy(
    name,
    {
      securityHeadersConfig: {
        ...always,
        contentSecurityPolicy: { contentSecurityPolicy: policy, override: true },
        referrerPolicy: { referrerPolicy, override: true },
      },
      customHeadersConfig: { items: customHeaders(others) },
    },
    { parent },
  );
}

const customHeaders = (headers: Record<string, string>) =>
  Object.entries(headers).map(([header, value]) => ({ header, value, override: true }));
