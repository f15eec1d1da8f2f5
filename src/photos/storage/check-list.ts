/** Validates list responses: an erasure deletes the listed objects, and ends when none is listed. */

/** Common output of ListObjectsV2 and ListObjectVersions in the AWS SDK. */
interface ListResponse {
  Prefix?: string | undefined;
  IsTruncated?: boolean | undefined;
}

/**
 * The SDK (3.1162) parses an empty body, or the HTML page of a proxy, as a list without entries. Amazon S3, fauxqs 2.4.1,
 * s3rver 3.7.1 and miniflare 4 send `Prefix` and `IsTruncated` with every list; `KeyCount` is missing from lists of versions. For version 2 of the SDK,
 * the empty body was reported: https://github.com/aws/aws-sdk-js/issues/1216
 *
 * @throws when the response is not a list, lists another prefix, or contains a key outside of the prefix
 */
export function checkList(
  { Prefix = '', IsTruncated }: ListResponse,
  entries: { Key?: string | undefined }[],
  prefix: string,
): void {
  if (IsTruncated === undefined) {
    throw new Error(`The store's answer is not a list of objects below ${prefix}.`);
  }
  if (Prefix !== prefix) {
    throw new Error(`The store lists objects below "${Prefix}", not below ${prefix}.`);
  }
  const outside = entries.find(({ Key }) => !Key?.startsWith(prefix));
  if (outside) {
    throw new Error(`The store lists ${outside.Key ?? 'an object without a key'} below ${prefix}.`);
  }
  if (IsTruncated && entries.length === 0) {
    throw new Error(`The store reports more objects below ${prefix}, but lists none.`);
  }
}
