import { type Input, interpolate } from '@pulumi/pulumi';
import { FOLDERS } from '../../contract/keys.ts';
import type { StackConfig } from '../config/read.ts';
import type { Statement } from './policy.ts';

export interface PhotoBucket {
  /** ARN of the bucket. */
  arn: Input<string>;
  folders: Pick<StackConfig, 'imageFolder' | 'temporaryFolder'>;
}

/** Without it S3 answers 403 instead of 404 for what is not there, and a lost photo would look like a lost right. */
const tellAbsence = (arn: Input<string>): Statement => ({
  Sid: 'TellAbsence',
  Action: 's3:ListBucket',
  Resource: arn,
});

/** The function that answers calls: reads what was sent or a master to cut anew, writes pictures, takes them back. */
export function httpRights({ arn, folders: { imageFolder, temporaryFolder } }: PhotoBucket) {
  return [
    {
      Sid: 'ReadPhotos',
      Action: 's3:GetObject',
      Resource: [
        interpolate`${arn}/${FOLDERS.staged}*`,
        interpolate`${arn}/${temporaryFolder}*`,
        interpolate`${arn}/${imageFolder}*/master.*`,
      ],
    },
    tellAbsence(arn),
    { Sid: 'WritePictures', Action: 's3:PutObject', Resource: interpolate`${arn}/${imageFolder}*` },
    {
      Sid: 'Tidy',
      Action: 's3:DeleteObject',
      Resource: [interpolate`${arn}/${FOLDERS.staged}*`, interpolate`${arn}/${imageFolder}*`],
    },
  ] satisfies Statement[];
}

/** The function behind the queue: reads uploads and whether they were done before, writes pictures, removes uploads. */
export function queueRights({ arn, folders: { imageFolder, temporaryFolder } }: PhotoBucket) {
  return [
    {
      Sid: 'ReadPhotos',
      Action: 's3:GetObject',
      Resource: [interpolate`${arn}/${temporaryFolder}*`, interpolate`${arn}/${imageFolder}*`],
    },
    tellAbsence(arn),
    { Sid: 'WritePictures', Action: 's3:PutObject', Resource: interpolate`${arn}/${imageFolder}*` },
    { Sid: 'Tidy', Action: 's3:DeleteObject', Resource: interpolate`${arn}/${temporaryFolder}*` },
  ] satisfies Statement[];
}

/** The API: signs forms, stages large photos, erases and sweeps. It never writes a picture. */
export function apiRights({ arn, folders: { imageFolder, temporaryFolder } }: PhotoBucket) {
  const uploads = [interpolate`${arn}/${temporaryFolder}*`, interpolate`${arn}/${FOLDERS.staged}*`];
  return [
    { Sid: 'SendPhotos', Action: 's3:PutObject', Resource: uploads },
    {
      Sid: 'GiveUpStaging',
      Action: 's3:AbortMultipartUpload',
      Resource: interpolate`${arn}/${FOLDERS.staged}*`,
    },
    {
      Sid: 'SeeUploads',
      Action: 's3:GetObject',
      Resource: interpolate`${arn}/${temporaryFolder}*`,
    },
    { Sid: 'Sweep', Action: ['s3:ListBucket', 's3:ListBucketVersions'], Resource: arn },
    {
      Sid: 'Erase',
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
      Resource: [interpolate`${arn}/${imageFolder}*`, ...uploads],
    },
  ] satisfies Statement[];
}
