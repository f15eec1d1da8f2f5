import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Signer {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
}

/** The signed parts besides the headers. */
interface Target {
  /** Name of the service in the credential scope. */
  service: 'execute-api' | 's3' | 'sqs';
  path: string;
  query: URLSearchParams;
  /** Undefined if it has not been read yet; then the hash in the signed headers is trusted. */
  body?: Buffer | undefined;
}

/** Accepted clock skew: API Gateway allows five minutes, S3 and SQS fifteen. */
const CLOCK_SKEW_MS = { 'execute-api': 300_000, s3: 900_000, sqs: 900_000 };

/**
 * Whether the request is signed with these credentials for the service, by Signature Version 4 in the Authorization
 * header: recomputes the signature over method, path, query, signed headers and body. The signatures of the chunks of a
 * streaming body (`STREAMING-…`) are not verified.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function isSigned(request: IncomingMessage, signer: Signer & Target) {
  const { 'x-amz-content-sha256': hash, 'x-amz-security-token': token } = request.headers;
  const claim = readClaim(request);
  if (!claim || Math.abs(Date.now() - claim.date.getTime()) > CLOCK_SKEW_MS[signer.service]) {
    return false;
  }
  if (token !== signer.credentials.sessionToken) return false;
  // The signer trusts this header, so it must be verified first.
  if (!isHashOf(signer.body, hash)) return false;

  const expected = await recomputeSignature(request, { ...signer, ...claim });
  // In constant time: the response time must not reveal how much of a guess was right.
  return timingSafeEqual(digest(expected), digest(claim.authorization));
}

/** Without the body, a hash must be present, and thus signed. */
const isHashOf = (body: Buffer | undefined, hash: unknown) =>
  body ? hash === undefined || hash === digest(body).toString('hex') : hash !== undefined;

const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest();

interface Claim {
  /** The complete header. */
  authorization: string;
  /** Lowercase. */
  signedHeaders: string[];
  date: Date;
}

/** Parses the signature; undefined if it is missing, or omits headers that AWS requires to be signed. */
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

/** Computes the Authorization header that this request must have. */
async function recomputeSignature(
  request: IncomingMessage,
  { credentials, region, service, path, query, body, signedHeaders, date }: Signer & Target & Claim,
) {
  const signer = new SignatureV4({
    credentials,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
    // S3 signs the path as sent, unlike all other services.
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
