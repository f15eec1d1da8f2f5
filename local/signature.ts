import { createHash, createHmac, type Hash, type Hmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Signer {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
}

/** The parts of the request's URL. */
interface Place {
  path: string;
  query: URLSearchParams;
}

/** ms that the clock of the caller may differ: AWS allows five minutes. */
const CLOCK_SKEW = 300_000;

/**
 * Whether the request is signed by these credentials for API Gateway (`execute-api`), as AWS_IAM demands:
 * the signature is made again over method, path, query, signed headers and body, and must be the same.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export async function isSigned(
  request: IncomingMessage,
  body: Buffer,
  { credentials, region, path, query }: Signer & Place,
) {
  const claim = readClaim(request);
  if (!claim || Math.abs(Date.now() - claim.date.getTime()) > CLOCK_SKEW) return false;
  const { 'x-amz-content-sha256': bodyHash } = request.headers;
  if (bodyHash !== undefined && bodyHash !== createHash('sha256').update(body).digest('hex')) {
    return false;
  }

  const headers = Object.fromEntries(
    claim.signedHeaders.map((name) => [name, String(request.headers[name] ?? '')]),
  );
  const signature = new SignatureV4({
    credentials,
    region,
    service: 'execute-api',
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signature.sign(
    {
      method: request.method ?? '',
      protocol: 'http:',
      hostname: '',
      path,
      query: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
      headers,
      body,
    },
    { signingDate: claim.date, signableHeaders: new Set(claim.signedHeaders) },
  );
  return isSame(signed.headers.authorization ?? '', claim.authorization);
}

/** What the caller says to have signed; undefined when it is not said, or leaves out what AWS wants signed. */
function readClaim({ headers }: IncomingMessage) {
  const { authorization = '', 'x-amz-date': time = '' } = headers;
  const [, list = ''] = /SignedHeaders=([^,\s]+)/.exec(authorization) ?? [];
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(time)) ?? [];
  if (list === '' || second === undefined) return undefined;

  const signedHeaders = list.split(';');
  const mustBeSigned = Object.keys(headers).filter((name) => /^(host$|x-amz-)/.test(name));
  if (!mustBeSigned.every((name) => signedHeaders.includes(name))) return undefined;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return { authorization: authorization.replace(/,\s*/g, ', '), signedHeaders, date };
}

/** Compares in constant time: the time of the answer must not tell how much of a guess was right. */
function isSame(one: string, other: string) {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** SHA-256 in the shape that the signer takes; with a secret, HMAC. */
class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(secret?: Parameters<typeof toBytes>[0]) {
    this.hash = secret ? createHmac('sha256', toBytes(secret)) : createHash('sha256');
  }
  update(chunk: Parameters<typeof toBytes>[0]) {
    this.hash.update(toBytes(chunk));
  }
  async digest() {
    return this.hash.digest();
  }
}

function toBytes(source: string | ArrayBuffer | ArrayBufferView) {
  if (typeof source === 'string') return Buffer.from(source);
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    : Buffer.from(source);
}
