/** Client for one S3 bucket on Node's HTTP module: signed requests with retries. */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../contract/credentials.ts';
import type { FunctionConfig } from './config.ts';
import { addressOf } from './s3/address.ts';
import { networkError, responseError, S3Error } from './s3/error.ts';
import { type S3Response, sendRequest } from './s3/send-request.ts';

export type BucketReference = Pick<FunctionConfig, 'region' | 'endpoint' | 'bucket'>;

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  key: string;
  /** Names in lower case. */
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** Longest body that is read. */
  maxBytes?: number;
}

/** The default of the AWS SDK. */
const MAX_ATTEMPTS = 3;

/** @returns sends a request; throws S3Error unless the response is a success */
export function openS3({ bucket, ...location }: BucketReference, credentials: Credentials) {
  const { origin, pathOf } = addressOf(bucket, location);
  const { Agent } = origin.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const signer = new SignatureV4({
    service: 's3',
    region: location.region,
    credentials,
    sha256: Sha256,
    // Unlike every other service, S3 signs the path as it is sent.
    uriEscapePath: false,
  });

  /** Each attempt is signed, since signatures expire after minutes. */
  async function attempt({ method, key, headers, body, maxBytes }: S3Request) {
    const what = `${method} ${key}`;
    const to = { ...urlToHttpOptions(origin), method, path: pathOf(key) };
    const signed = await signer.sign({
      method,
      path: to.path,
      protocol: origin.protocol,
      hostname: origin.hostname,
      body,
      headers: {
        host: origin.host,
        ...(body && { 'content-length': String(body.length) }),
        ...headers,
      },
    });
    const message = { ...to, agent, headers: signed.headers, body, maxBytes };
    const response = await sendRequest(message).catch((cause) => {
      throw networkError(what, cause);
    });
    if (response.status < 200 || response.status > 299)
      throw responseError(what, response, location.region);
    return response;
  }

  return async (request: S3Request): Promise<S3Response> => {
    for (let count = 1; ; count++) {
      try {
        return await attempt(request);
      } catch (error) {
        const delayMs = error instanceof S3Error ? error.retryDelayMs : undefined;
        if (delayMs === undefined || count === MAX_ATTEMPTS) throw error;
        // Exponential back-off with full jitter: clients that failed together must not retry together.
        await delay(Math.random() * delayMs * 2 ** (count - 1));
      }
    }
  };
}
