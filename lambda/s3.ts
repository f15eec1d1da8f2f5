/** One bucket of S3, over Node's own HTTP: requests are signed, and sent again while that may help. */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { FunctionConfig } from './config.ts';
import type { Credentials } from './credentials.ts';
import { addressOf } from './s3/address.ts';
import { refusal, S3Error, silence } from './s3/error.ts';
import { type Answer, exchange } from './s3/exchange.ts';

export type Place = Pick<FunctionConfig, 'region' | 'endpoint' | 'bucket'>;

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  key: string;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** Of what comes back; if it is longer, it is not read. */
  maxBytes?: number;
}

/** As often as the AWS SDK tries. */
const ATTEMPTS = 3;

/** @returns sends a request and gives the answer of a success; throws S3Error for any other, and for none */
export function openS3({ bucket, ...place }: Place, credentials: Credentials) {
  const { origin, pathOf } = addressOf(bucket, place);
  const { Agent } = origin.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const signer = new SignatureV4({
    ...{ service: 's3', region: place.region, credentials, sha256: Sha256 },
    // S3 signs a path as it is sent, unlike every other service.
    uriEscapePath: false,
  });

  /** Signed each time: a signature is good for minutes. */
  async function attempt({ method, key, headers, body, maxBytes }: S3Request) {
    const what = `${method} ${key}`;
    const to = { ...urlToHttpOptions(origin), method, path: pathOf(key) };
    const signed = await signer.sign({
      ...{ method, path: to.path, protocol: origin.protocol, hostname: origin.hostname, body },
      headers: {
        host: origin.host,
        ...(body && { 'content-length': String(body.length) }),
        ...headers,
      },
    });
    const message = { ...to, agent, headers: signed.headers, body, maxBytes };
    const answer = await exchange(message).catch((cause) => {
      throw silence(what, cause);
    });
    if (answer.status < 200 || answer.status > 299) throw refusal(what, answer, place.region);
    return answer;
  }

  return async (request: S3Request): Promise<Answer> => {
    for (let count = 1; ; count++) {
      try {
        return await attempt(request);
      } catch (error) {
        const pause = error instanceof S3Error ? error.pause : undefined;
        if (pause === undefined || count === ATTEMPTS) throw error;
        // Anything up to twice as long each time: who failed together shall not come back together.
        await delay(Math.random() * pause * 2 ** (count - 1));
      }
    }
  };
}
