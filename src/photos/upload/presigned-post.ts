import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { CROP_METADATA, TRACE_METADATA, temporaryKey } from '../../../contract/keys.ts';
import { traceHeader } from '../../../contract/spans.ts';
import type { AppConfig } from '../../config.ts';
import type { Photo } from '../photo.ts';
import { openS3 } from '../storage/bucket.ts';

/** Makes the forms with which browsers put photos into the bucket themselves. */
export function openPresignedPosts(config: AppConfig) {
  // Where the browser reaches the bucket; the embedded one is behind a door.
  const s3 = openS3(config, config.uploadUrl ?? config.s3Endpoint);

  return {
    /** A presigned POST, which unlike a presigned PUT bounds the size; it pins key, type, crop, trace and time. */
    async make({ id, contentType, wish, expiresAt }: Photo) {
      if (!contentType || !expiresAt) throw new RangeError('Only a direct upload has a form.');
      const { traceparent } = traceHeader();
      const { url, fields } = await createPresignedPost(s3, {
        Bucket: config.bucket,
        Key: temporaryKey(id, config.temporaryFolder),
        Fields: {
          'Content-Type': contentType,
          [`x-amz-meta-${CROP_METADATA}`]: wish,
          ...(traceparent && { [`x-amz-meta-${TRACE_METADATA}`]: traceparent }),
        },
        Conditions: [['content-length-range', 1, config.maxUploadBytes]],
        Expires: Math.floor((expiresAt.getTime() - Date.now()) / 1000),
      });
      return { url, fields: Object.entries(fields).map(([name, value]) => ({ name, value })) };
    },

    close: () => s3.destroy(),
  };
}
export type PresignedPosts = ReturnType<typeof openPresignedPosts>;
