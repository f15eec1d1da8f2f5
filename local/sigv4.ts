import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Signer {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
}

/** What is signed beside the headers. */
interface Target {
  /** As AWS names it in the credential scope. */
  service: 'execute-api' | 's3' | 'sqs';
  path: string;
  query: URLSearchParams;
  /** Undefined: it is not here yet, and the hash of it in the signed headers is believed. */
  body?: Buffer | undefined;
}

/** ms that the clock of the caller may differ: API Gateway allows five minutes, S3 and SQS fifteen. */
const CLOCK_SKEW = { 'execute-api': 300_000, s3: 900_000, sqs: 900_000 };

/**
 * Whether the request is signed by these credentials for the service, as AWS demands (Signature Version 4 in the
 * Authorization header): the signature is made again over method, path, query, signed headers and body, and must be
 * the same. Of a body in signed chunks (`STREAMING-…`) the chunks' own signatures are not looked at.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function isSigned(request: IncomingMessage, signer: Signer & Target) {
  const { 'x-amz-content-sha256': hash, 'x-amz-security-token': token } = request.headers;
  const claim = readClaim(request);
  if (!claim || Math.abs(Date.now() - claim.date.getTime()) > CLOCK_SKEW[signer.service]) {
    return false;
  }
  if (token !== signer.credentials.sessionToken) return false;
  // The signer believes this header, so that it has to be true before anything is signed.
  if (!isHashOf(signer.body, hash)) return false;

  const expected = await signAgain(request, { ...signer, ...claim });
  // In constant time: the time of the answer must not tell how much of a guess was right.
  return timingSafeEqual(digest(expected), digest(claim.authorization));
}

/** Without a body only a hash that is said, and thus signed, will do. */
const isHashOf = (body: Buffer | undefined, hash: unknown) =>
  body ? hash === undefined || hash === digest(body).toString('hex') : hash !== undefined;

const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();

interface Claim {
  /** The header as AWS writes it. */
  authorization: string;
  /** In lower case. */
  signedHeaders: string[];
  date: Date;
}

/** What the caller says to have signed; undefined when it is not said, or leaves out what AWS wants signed. */
function readClaim({ headers }: IncomingMessage): Claim | undefined {
  const { authorization = '', 'x-amz-date': time = '' } = headers;
  const [, list = ''] = /SignedHeaders=([^,\s]+)/.exec(authorization) ?? [];
  const signedHeaders = list.split(';');
  const mustBeSigned = Object.keys(headers).filter((name) => /^(host$|x-amz-)/.test(name));
  if (!mustBeSigned.every((name) => signedHeaders.includes(name))) return undefined;

  const [, day, clock] = /^(\d{8})T(\d{6})Z$/.exec(String(time)) ?? [];
  if (day === undefined || clock === undefined) return undefined;
  const date = new Date(
    `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${clock.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
  );
  if (Number.isNaN(date.getTime())) return undefined;
  return { authorization: authorization.replace(/,\s*/g, ', '), signedHeaders, date };
}

/** The Authorization header that this request must have. */
async function signAgain(
  request: IncomingMessage,
  { credentials, region, service, path, query, body, signedHeaders, date }: Signer & Target & Claim,
) {
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
    // S3 signs a path as it is sent, unlike every other service.
    uriEscapePath: service !== 's3',
  });
  const signed = await signer.sign(
    {
      method: request.method ?? '',
      protocol: 'http:',
      hostname: '',
      path,
      query: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
      headers: Object.fromEntries(
        signedHeaders.map((name) => [name, String(request.headers[name] ?? '')]),
      ),
      body,
    },
    { signingDate: date, signableHeaders: new Set(signedHeaders) },
  );
  return signed.headers.authorization ?? '';
}
