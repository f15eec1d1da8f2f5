import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Signer {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
}

/** The parts of the request's URL that are signed. */
interface Target {
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
export async function isSigned(request: IncomingMessage, body: Buffer, signer: Signer & Target) {
  const { 'x-amz-content-sha256': hash, 'x-amz-security-token': token } = request.headers;
  const claim = readClaim(request);
  if (!claim || Math.abs(Date.now() - claim.date.getTime()) > CLOCK_SKEW) return false;
  if (token !== signer.credentials.sessionToken) return false;
  // The signer believes this header, so that it has to be true before anything is signed.
  if (hash !== undefined && hash !== digest(body).toString('hex')) return false;

  const expected = await signAgain(request, body, { ...signer, ...claim });
  // In constant time: the time of the answer must not tell how much of a guess was right.
  return timingSafeEqual(digest(expected), digest(claim.authorization));
}

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
  body: Buffer,
  { credentials, region, path, query, signedHeaders, date }: Signer & Target & Claim,
) {
  const signer = new SignatureV4({
    credentials,
    region,
    service: 'execute-api',
    sha256: Sha256,
    applyChecksum: false,
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
