/** Whether the answer to a list request can be believed: an erasure deletes what is listed, and ends when nothing is. */

/** What ListObjectsV2 and ListObjectVersions have in common in the output of the AWS SDK. */
interface ListAnswer {
  Prefix?: string | undefined;
  IsTruncated?: boolean | undefined;
}

/**
 * The SDK (3.1162) parses an empty body, or the HTML page of a proxy, as a list without entries. Amazon S3, fauxqs 2.4.1,
 * s3rver 3.7.1 and miniflare 4 send `Prefix` and `IsTruncated` with every list; `KeyCount` is missing from lists of versions.
 *
 * @throws when the answer is no list, a list of something else, or contains a key outside of the prefix
 */
export function checkList(
  { Prefix = '', IsTruncated }: ListAnswer,
  entries: { Key?: string | undefined }[],
  prefix: string,
): void {
  if (IsTruncated === undefined) {
    throw new Error(`The store's answer is not a list of objects below ${prefix}.`);
  }
  if (Prefix !== prefix) {
    throw new Error(`The store lists objects below "${Prefix}", not below ${prefix}.`);
  }
  const stranger = entries.find(({ Key }) => !Key?.startsWith(prefix));
  if (stranger) {
    throw new Error(
      `The store lists ${stranger.Key ?? 'an object without a key'} below ${prefix}.`,
    );
  }
  if (IsTruncated && entries.length === 0) {
    throw new Error(`The store says that there are objects below ${prefix}, and lists none.`);
  }
}
