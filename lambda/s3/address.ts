import { escapeUriPath } from '@smithy/core/protocols';

/** Where a bucket is. */
export interface BucketAddress {
  /** Protocol, host and port. */
  origin: URL;
  /** As it is written in a request: encoded, from the root. */
  pathOf: (key: string) => string;
}

/** Domains of the parts of AWS that are not amazonaws.com. */
const DOMAINS: readonly [regions: RegExp, domain: string][] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^eusc-/, 'amazonaws.eu'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
];

/**
 * Amazon's buckets have hosts of their own, but for those with a dot in their name, which its certificates do not
 * cover. Elsewhere a bucket is the first part of the path.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function addressOf(
  bucket: string,
  { region, endpoint }: { region: string; endpoint: string | undefined },
): BucketAddress {
  const host = `s3.${region}.${domainOf(region)}`;
  const isHost = endpoint === undefined && !bucket.includes('.');
  const origin = new URL(endpoint ?? `https://${isHost ? `${bucket}.` : ''}${host}`);
  const folder = origin.pathname.replace(/\/*$/, isHost ? '/' : `/${bucket}/`);
  return { origin, pathOf: (key) => folder + escapeUriPath(key) };
}

const domainOf = (region: string) =>
  DOMAINS.find(([regions]) => regions.test(region))?.[1] ?? 'amazonaws.com';
