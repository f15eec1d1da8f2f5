import { type Input, interpolate } from '@pulumi/pulumi';
import { FOLDERS } from '../../contract/keys.ts';
import type { StackConfig } from '../config/read.ts';
import { listBucket, type Statement } from './policy.ts';

export interface PhotoBucket {
  /** ARN of the bucket. */
  arn: Input<string>;
  folders: Pick<StackConfig, 'imageFolder' | 'temporaryFolder'>;
}

/** The HTTP function: reads uploads, and masters to crop again, writes variants, deletes uploads and variants. */
export function httpFunctionStatements({ arn, folders }: PhotoBucket): Statement[] {
  const images = interpolate`${arn}/${folders.imageFolder}*`;
  const staged = interpolate`${arn}/${FOLDERS.staged}*`;
  return [
    {
      Sid: 'ReadPhotos',
      Action: 's3:GetObject',
      Resource: [
        staged,
        interpolate`${arn}/${folders.temporaryFolder}*`,
        interpolate`${arn}/${folders.imageFolder}*/master.*`,
      ],
    },
    listBucket(arn),
    { Sid: 'WriteVariants', Action: 's3:PutObject', Resource: images },
    { Sid: 'DeletePhotos', Action: 's3:DeleteObject', Resource: [staged, images] },
  ];
}

/** The queue function: reads uploads, checks for existing variants, writes variants, deletes uploads. */
export function queueFunctionStatements({ arn, folders }: PhotoBucket): Statement[] {
  const images = interpolate`${arn}/${folders.imageFolder}*`;
  const uploads = interpolate`${arn}/${folders.temporaryFolder}*`;
  return [
    { Sid: 'ReadPhotos', Action: 's3:GetObject', Resource: [uploads, images] },
    listBucket(arn),
    { Sid: 'WriteVariants', Action: 's3:PutObject', Resource: images },
    { Sid: 'DeleteUploads', Action: 's3:DeleteObject', Resource: uploads },
  ];
}

/** The API: signs presigned uploads, stages large photos, erases photos and cleans up. It never writes a variant. */
export function apiStatements({ arn, folders }: PhotoBucket): Statement[] {
  const staged = interpolate`${arn}/${FOLDERS.staged}*`;
  const uploads = interpolate`${arn}/${folders.temporaryFolder}*`;
  return [
    { Sid: 'WriteUploads', Action: 's3:PutObject', Resource: [uploads, staged] },
    { Sid: 'AbortStagedUploads', Action: 's3:AbortMultipartUpload', Resource: staged },
    { Sid: 'ReadUploads', Action: 's3:GetObject', Resource: uploads },
    { Sid: 'Cleanup', Action: ['s3:ListBucket', 's3:ListBucketVersions'], Resource: arn },
    {
      Sid: 'Erase',
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      Resource: [interpolate`${arn}/${folders.imageFolder}*`, uploads, staged],
    },
  ];
}
