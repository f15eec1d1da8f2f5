import { type Input, interpolate, jsonStringify, type Output } from '@pulumi/pulumi';

/** Statement of an IAM policy; the default effect is `Allow`. */
export interface Statement {
  Sid: string;
  Effect?: 'Deny';
  Principal?: '*' | { Service: string };
  Action: string | string[];
  Resource: Input<string> | Input<string>[];
  Condition?: Record<string, Record<string, Input<string> | string[]>>;
}

/** Returns a policy document as JSON. */
export const policy = (...statements: Statement[]): Output<string> =>
  jsonStringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });

/** Returns the trust policy of a role that an AWS service assumes. */
export const trustPolicy = (service: string): Output<string> =>
  jsonStringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });

/** Denies requests without TLS. */
export const denyWithoutTls = (action: string, ...resources: Input<string>[]): Statement => ({
  Sid: 'OnlyTls',
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: resources,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** Allows writing to one log group, but not creating others. */
export const writeLog = (groupArn: Input<string>, ...more: string[]): Statement => ({
  Sid: 'WriteLog',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents', ...more],
  Resource: interpolate`${groupArn}:*`,
});

/**
 * Allows listing a bucket. Otherwise S3 answers 403 instead of 404 for a missing object,
 * and a lost photo would look like a missing permission.
 */
export const listBucket = (arn: Input<string>) => ({
  Sid: 'ListBucket',
  Action: 's3:ListBucket',
  Resource: arn,
});

export interface CloudFrontRead {
  /** ARN of the bucket. */
  arn: Input<string>;
  distributionArn: Input<string>;
  /** Readable folder with a trailing slash; empty for the whole bucket. */
  folder: string;
}

/** Allows a single CloudFront distribution to read a folder of a bucket. No path of it returns a listing. */
export const readByCloudFront = ({ arn, distributionArn, folder }: CloudFrontRead): Statement[] =>
  [
    { Sid: 'Read', Action: 's3:GetObject', Resource: interpolate`${arn}/${folder}*` },
    listBucket(arn),
  ].map((statement) => ({
    ...statement,
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Condition: { StringEquals: { 'AWS:SourceArn': distributionArn } },
  }));
