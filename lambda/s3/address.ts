import { escapeUriPath } from '@smithy/core/protocols';

/** URL of a bucket. */
export interface BucketAddress {
  /** Protocol, host and port. */
  origin: URL;
  /** Encoded path of a key, from the root. */
  pathOf: (key: string) => string;
}

/** Domains of AWS partitions other than amazonaws.com. */
const DOMAINS: readonly [regions: RegExp, domain: string][] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^eusc-/, 'amazonaws.eu'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
];

/**
 * Virtual-hosted style for Amazon S3, except for buckets with a dot in their name, which its certificates do not cover. Path style
 * for those and for other stores.
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
