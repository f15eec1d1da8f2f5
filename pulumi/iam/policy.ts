import { type Input, interpolate, jsonStringify, type Output } from '@pulumi/pulumi';

/** One statement of an IAM policy; it allows unless it says otherwise. */
export interface Statement {
  Sid: string;
  Effect?: 'Deny';
  Principal?: '*' | { Service: string };
  Action: string | string[];
  Resource: Input<string> | Input<string>[];
  Condition?: Record<string, Record<string, Input<string> | string[]>>;
}

/** A policy document as AWS takes it. */
export const policy = (...statements: Statement[]): Output<string> =>
  jsonStringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });

/** Who may take on a role: a service of AWS, working for this account. */
export const trust = (service: string): Output<string> =>
  jsonStringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

/** Refuses whoever comes without TLS. */
export const onlyTls = (action: string, ...resources: Input<string>[]): Statement => ({
  Sid: 'OnlyTls',
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: resources,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** Lets a log be written, and no other made. */
export const writeLog = (groupArn: Input<string>, ...more: string[]): Statement => ({
  Sid: 'WriteLog',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents', ...more],
  Resource: interpolate`${groupArn}:*`,
});

export interface Readable {
  /** ARN of the bucket. */
  arn: Input<string>;
  distributionArn: Input<string>;
  /** What may be read, ends in a slash; empty for everything. */
  folder: string;
}

/** Lets one distribution of CloudFront, and no other, read a folder of a bucket. */
export function readByCloudFront({ arn, distributionArn, folder }: Readable): Statement[] {
  const who = {
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
  };
  return [
    { Sid: 'Read', ...who, Action: 's3:GetObject', Resource: interpolate`${arn}/${folder}*` },
    // Without it S3 answers 403 instead of 404 for what is not there. No path leads to a listing.
    { Sid: 'TellAbsence', ...who, Action: 's3:ListBucket', Resource: arn },
  ];
}
