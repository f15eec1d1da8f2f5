import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { Sha256 } from '@smithy/core/checksum';
import { getSigningKey } from '@smithy/signature-v4';
import { S3Error } from './error.ts';
import type { Fields } from './multipart-form.ts';

/**
 * Verifies that the form's policy is signed with the credentials of the client, for its region.
 *
 * @throws S3Error
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
export async function checkSignature(fields: Fields, { config }: S3Client) {
  const claim = readClaim(fields);
  const region = await config.region();
  checkScope(claim, region);

  const credentials = await config.credentials();
  const { sessionToken } = credentials;
  const token = fields.get('x-amz-security-token');
  // Temporary credentials are only valid with their session token.
  if (claim.accessKeyId !== credentials.accessKeyId || (sessionToken && token === undefined)) {
    throw new S3Error(
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist in our records.',
      { AWSAccessKeyId: claim.accessKeyId },
    );
  }
  if (token !== sessionToken) {
    throw new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  const key = await getSigningKey(Sha256, credentials, claim.day, region, 's3');
  const expected = createHmac('sha256', key).update(claim.policy).digest('hex');
  // In constant time: the response time must not reveal how much of a guess was right.
  if (!timingSafeEqual(digest(expected), digest(claim.signature))) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();

type Claim = ReturnType<typeof readClaim>;

function readClaim(fields: Fields) {
  if (!fields.has('policy') && !fields.has('x-amz-signature')) {
    throw new S3Error('AccessDenied', 'Access Denied');
  }
  const read = (name: string) => readField(fields, name);
  const [policy, algorithm] = [read('policy'), read('X-Amz-Algorithm')];
  const [credential, date] = [read('X-Amz-Credential'), read('X-Amz-Date')];
  const signature = read('X-Amz-Signature');
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw new S3Error(
      'InvalidRequest',
      'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
    );
  }
  const [accessKeyId = '', day = '', ...scope] = credential.split('/');
  return { policy, date, signature, accessKeyId, day, scope };
}

/** @throws S3Error when it is missing, with S3's message (including its two spaces) */
export function readField(fields: Fields, name: string) {
  const value = fields.get(name.toLowerCase());
  if (value !== undefined) return value;
  throw new S3Error(
    'InvalidArgument',
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
    { ArgumentName: name, ArgumentValue: '' },
  );
}

/** `{day}/{region}/s3/aws4_request`, with the day of the signature. */
function checkScope({ date, day, scope }: Claim, region: string) {
  const refuse = (problem: string) => {
    const message = `Error parsing the X-Amz-Credential parameter; ${problem}`;
    throw new S3Error('AuthorizationQueryParametersError', message);
  };
  const [place, service, end] = scope;
  if (!/^\d{8}T\d{6}Z$/.test(date) || date.slice(0, 8) !== day) {
    refuse(
      `incorrect date "${day}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  }
  if (place !== region) refuse(`the region '${place}' is wrong; expecting '${region}'`);
  if (service !== 's3') refuse(`incorrect service "${service}". This endpoint belongs to "s3".`);
  if (end !== 'aws4_request' || scope.length !== 3) {
    refuse(`incorrect terminal "${end}". This endpoint uses "aws4_request".`);
  }
}
