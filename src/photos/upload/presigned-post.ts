import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { CROP_METADATA, TRACE_METADATA, temporaryKey } from '../../../contract/keys.ts';
import { traceHeader } from '../../../contract/spans.ts';
import type { AppConfig } from '../../config.ts';
import type { Photo } from '../photo.ts';
import { openS3 } from '../storage/bucket.ts';

export type PresignedPosts = ReturnType<typeof openPresignedPosts>;

/** Creates the presigned POSTs with which browsers upload photos to the bucket. */
export function openPresignedPosts(config: AppConfig) {
  // The bucket's URL for browsers, which differs from the API's for the embedded bucket.
  const s3 = openS3(config, config.uploadUrl ?? config.s3Endpoint);

  return {
    /** A presigned POST, unlike a presigned PUT, limits the size; it also fixes key, type, crop, trace and expiry. */
    async create({ id, contentType, cropRequest, expiresAt }: Photo) {
      if (!contentType || !expiresAt) throw new RangeError(`Photo ${id} is not a direct upload.`);
      const { traceparent } = traceHeader();
      const { url, fields } = await createPresignedPost(s3, {
        Bucket: config.bucket,
        Key: temporaryKey(id, config.temporaryFolder),
        Fields: {
          'Content-Type': contentType,
          [`x-amz-meta-${CROP_METADATA}`]: cropRequest,
          ...(traceparent && { [`x-amz-meta-${TRACE_METADATA}`]: traceparent }),
        },
        Conditions: [['content-length-range', 1, config.maxUploadBytes]],
        Expires: Math.floor((expiresAt.getTime() - Date.now()) / 1000),
      });
      return {
        url,
        fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
        expiresAt,
      };
    },

    close: () => s3.destroy(),
  };
}
