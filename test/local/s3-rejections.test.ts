import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { browserForm, type Part, post, sendForm } from './support/form.ts';
import {
  KEY,
  KEYS,
  MAX_BYTES,
  openS3Gateway,
  type S3Gateway,
  signPolicy,
} from './support/s3-gateway.ts';

let gateway: S3Gateway;
let url: string;
beforeAll(async () => {
  gateway = await openS3Gateway();
  url = `${gateway.url}/portrait`;
});
beforeEach(() => {
  gateway.events.length = 0;
});
afterAll(() => gateway[Symbol.asyncDispose]());

const photo = Buffer.alloc(MAX_BYTES, 'portrait');
const OTHER_KEY = KEY.replace(/1$/, '2');

/** S3's answer: code, then the sentence. */
type Refusal = [status: number, code: string, message: string | RegExp];

const denied = (problem: string): Refusal => [
  403,
  'AccessDenied',
  `Invalid according to Policy: ${problem}`,
];
const missing = (name: string): Refusal => [
  400,
  'InvalidArgument',
  `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
];
const badCredential = (problem: string): Refusal => [
  400,
  'AuthorizationQueryParametersError',
  `Error parsing the X-Amz-Credential parameter; ${problem}`,
];
const FORGED: Refusal = [403, 'SignatureDoesNotMatch', /^The request signature we calculated/];
const MALFORMED: Refusal = [400, 'MalformedPOSTRequest', /not well-formed multipart\/form-data\.$/];
const NOT_ONE_FILE: Refusal = [400, 'InvalidArgument', /^POST requires exactly one file upload/];
const UNKNOWN_KEY: Refusal = [403, 'InvalidAccessKeyId', /^The AWS Access Key Id you provided/];

async function expectRefusal(
  answer: Promise<Awaited<ReturnType<typeof sendForm>>>,
  [status, code, message]: Refusal,
) {
  const refusal = await answer;

  expect(refusal).toMatchObject({ status, code });
  if (typeof message === 'string') expect(refusal.message).toBe(message);
  else expect(refusal.message).toMatch(message);
  expect(refusal.headers).toMatchObject({
    'content-type': 'application/xml',
    'access-control-allow-origin': '*',
  });
  expect(await gateway.keys()).toEqual([]);
  expect(gateway.events).toEqual([]);
}

type Fields = Record<string, string>;

const without = (name: string) => (fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));

const credential = (from: string | RegExp, to: string) => (fields: Fields) => ({
  ...fields,
  'X-Amz-Credential': fields['X-Amz-Credential']?.replace(from, to) ?? '',
});

function changePolicy(change: (policy: { conditions: unknown[] }) => void) {
  return (fields: Fields) => {
    const policy = JSON.parse(Buffer.from(fields.Policy ?? '', 'base64').toString());
    change(policy);
    return { ...fields, Policy: Buffer.from(JSON.stringify(policy)).toString('base64') };
  };
}

test.each<[string, (fields: Fields) => Fields, Refusal]>([
  [
    'the key of another upload',
    (fields) => ({ ...fields, key: OTHER_KEY }),
    denied(`Policy Condition failed: ["eq", "$key", "${KEY}"]`),
  ],
  [
    'another type',
    (fields) => ({ ...fields, 'Content-Type': 'image/svg+xml' }),
    denied('Policy Condition failed: ["eq", "$Content-Type", "image/jpeg"]'),
  ],
  [
    'other metadata',
    (fields) => ({ ...fields, 'x-amz-meta-crop': 'ATTENTION' }),
    denied('Policy Condition failed: ["eq", "$x-amz-meta-crop", "CENTRE"]'),
  ],
  [
    'more metadata',
    (fields) => ({ ...fields, 'x-amz-meta-alt': 'me' }),
    denied('Extra input fields: x-amz-meta-alt'),
  ],
  [
    'more fields',
    (fields) => ({ ...fields, acl: 'public-read', tagging: '' }),
    denied('Extra input fields: acl, tagging'),
  ],
  [
    'another bucket among its fields',
    (fields) => ({ ...fields, bucket: 'other' }),
    denied('Policy Condition failed: ["eq", "$bucket", "portrait"]'),
  ],
  [
    'no type',
    without('Content-Type'),
    denied('Policy Condition failed: ["eq", "$Content-Type", "image/jpeg"]'),
  ],
  [
    'no metadata',
    without('x-amz-meta-crop'),
    denied('Policy Condition failed: ["eq", "$x-amz-meta-crop", "CENTRE"]'),
  ],
  ['no key', without('key'), missing('key')],
  ['no policy', without('Policy'), missing('policy')],
  ['no signature', without('X-Amz-Signature'), missing('X-Amz-Signature')],
  ['no credential', without('X-Amz-Credential'), missing('X-Amz-Credential')],
  ['no date', without('X-Amz-Date'), missing('X-Amz-Date')],
  ['no algorithm', without('X-Amz-Algorithm'), missing('X-Amz-Algorithm')],
  ['nothing signed at all', () => ({ key: KEY }), [403, 'AccessDenied', 'Access Denied']],
  [
    'another algorithm',
    (fields) => ({ ...fields, 'X-Amz-Algorithm': 'AWS4-HMAC-SHA1' }),
    [400, 'InvalidRequest', /Please use AWS4-HMAC-SHA256\.$/],
  ],
  [
    'a policy with a larger size',
    changePolicy(({ conditions }) => conditions.push(['content-length-range', 0, 1e9])),
    FORGED,
  ],
  ['a policy without conditions', changePolicy(({ conditions }) => conditions.splice(0)), FORGED],
  ['a policy that is cut short', (fields) => ({ ...fields, Policy: 'e30=' }), FORGED],
  [
    'a signature with one digit changed',
    (fields) => ({
      ...fields,
      'X-Amz-Signature':
        fields['X-Amz-Signature']?.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) ?? '',
    }),
    FORGED,
  ],
  [
    'a signature that is cut short',
    (fields) => ({ ...fields, 'X-Amz-Signature': fields['X-Amz-Signature']?.slice(0, 32) ?? '' }),
    FORGED,
  ],
  ['an empty signature', (fields) => ({ ...fields, 'X-Amz-Signature': '' }), FORGED],
  ['an unknown access key', credential(/^\w+/, 'LOCAL2'), UNKNOWN_KEY],
  [
    'another service',
    credential('/s3/', '/sqs/'),
    badCredential('incorrect service "sqs". This endpoint belongs to "s3".'),
  ],
  [
    'another end of the credential',
    credential('aws4_request', 'aws5_request'),
    badCredential('incorrect terminal "aws5_request". This endpoint uses "aws4_request".'),
  ],
  [
    'a credential of another day',
    credential(/\/\d{8}\//, '/20000101/'),
    badCredential(
      'incorrect date "20000101". This date in the credential must be in the format "yyyyMMdd".',
    ),
  ],
])('rejects a form with %s', async (_, change, refusal) => {
  const { fields } = await gateway.form();

  await expectRefusal(sendForm(url, browserForm(change(fields), photo)), refusal);
});

test.each<[string, Parameters<S3Gateway['form']>[0], Refusal]>([
  ['has expired', { Expires: -1 }, denied('Policy expired.')],
  ['was signed with another secret', { keys: { ...KEYS, secretAccessKey: 'x' } }, FORGED],
  [
    'was signed for another region',
    { region: 'us-east-1' },
    badCredential("the region 'us-east-1' is wrong; expecting 'eu-central-1'"),
  ],
  [
    'comes with the token of a session that is not ours',
    { keys: { ...KEYS, sessionToken: 'token' } },
    [400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'],
  ],
  [
    'asks for what the gateway does not play',
    { Fields: { acl: 'public-read' } },
    [501, 'NotImplemented', /functionality that is not implemented$/],
  ],
  [
    'has a type that no header can carry',
    { Fields: { 'Content-Type': 'image/jpeg\r\nx: y' } },
    [400, 'InvalidArgument', 'Header value cannot be represented using ASCII.'],
  ],
  [
    'has a key that is too long',
    { Key: 'x'.repeat(1025) },
    [400, 'KeyTooLongError', 'Your key is too long'],
  ],
])('rejects a form that %s', async (_, options, refusal) => {
  await expectRefusal(post(await gateway.form(options), photo), refusal);
});

test.each<[string, (fields: Fields) => Part[], Refusal]>([
  ['has no file', (fields) => browserForm(fields, photo).slice(0, -1), NOT_ONE_FILE],
  [
    'has two files',
    (fields) => [...browserForm(fields, photo), ...browserForm({}, photo)],
    NOT_ONE_FILE,
  ],
  [
    'has its file in a part without a file name',
    (fields) => browserForm({ ...fields, file: 'photo' }, photo).slice(0, -1),
    NOT_ONE_FILE,
  ],
  ['has its file first', (fields) => browserForm(fields, photo).reverse(), missing('key')],
  [
    'has its policy after the file',
    ({ Policy = '', ...fields }) => [
      ...browserForm(fields, photo),
      { name: 'Policy', value: Policy },
    ],
    missing('policy'),
  ],
  [
    'has a field twice',
    (fields) => [{ name: 'KEY', value: OTHER_KEY }, ...browserForm(fields, photo)],
    MALFORMED,
  ],
  [
    'has a file more under another name',
    (fields) => [
      { name: 'photo', value: photo, filename: 'me.jpg' },
      ...browserForm(fields, photo),
    ],
    denied('Extra input fields: photo'),
  ],
  [
    'has more than 20 KB before the file',
    (fields) => browserForm({ ...fields, 'x-ignore-me': 'x'.repeat(20 * 1024) }, photo),
    [400, 'MaxPostPreDataLengthExceeded', /fields preceding the upload file were too large\.$/],
  ],
])('rejects a form that %s', async (_, write, refusal) => {
  const { fields } = await gateway.form();

  await expectRefusal(sendForm(url, write(fields)), refusal);
});

test.each<[string, string, string]>([
  ['is not JSON', '{', 'Invalid JSON.'],
  ['is empty', '', 'Invalid JSON.'],
  ['is no object', '[]', "Invalid 'document'."],
  ['has no expiration', '{"conditions":[]}', "Invalid 'expiration'."],
  ['has half a date', '{"expiration":"2999-01-01","conditions":[]}', "Invalid 'expiration'."],
  ['has no conditions', '{"expiration":"2999-01-01T00:00:00Z"}', "Invalid 'conditions'."],
  ...['["ends-with","$key","x"]', '{"key":"a","acl":"b"}', '["eq","key","a"]', '["eq","$key"]'].map(
    (condition): [string, string, string] => [
      `has the condition ${condition}`,
      `{"expiration":"2999-01-01T00:00:00Z","conditions":[${condition}]}`,
      'Invalid Condition.',
    ],
  ),
])('rejects a policy that %s, although it is signed', async (_, policy, problem) => {
  const answer = sendForm(url, browserForm(signPolicy(policy), photo));

  await expectRefusal(answer, [400, 'InvalidPolicyDocument', `Invalid Policy: ${problem}`]);
});

test('rejects an empty key', async () => {
  const policy = '{"expiration":"2999-01-01T00:00:00Z","conditions":[{"key":""}]}';

  const answer = sendForm(url, browserForm(signPolicy(policy, { key: '' }), photo));

  const message = 'User key must have a length greater than 0.';
  await expectRefusal(answer, [400, 'InvalidArgument', message]);
});

test('rejects a form for another bucket', async () => {
  const { fields } = await gateway.form();

  const answer = sendForm(`${gateway.url}/other`, browserForm(fields, photo));

  await expectRefusal(answer, [404, 'NoSuchBucket', 'The specified bucket does not exist']);
});
