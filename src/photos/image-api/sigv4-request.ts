import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { traceHeader } from '../../../contract/spans.ts';
import type { AppConfig } from '../../config.ts';

/** A POST request; `path` is relative to the URL of the image API. */
export interface GatewayRequest {
  path: string;
  query: Record<string, string>;
  contentType: string;
  body: string | Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
}

export interface GatewayResponse {
  status: number;
  /** Parsed JSON; undefined for any other body, such as a proxy's error page. */
  body: unknown;
}

/**
 * Returns a function that sends requests with a SigV4 signature (AWS_IAM) to API Gateway. It throws when there is no
 * response.
 */
export function openGateway({ imageApiUrl, imageApiCredentials, region }: AppConfig) {
  const { Agent, request } = imageApiUrl.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true });
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials: imageApiCredentials ?? defaultProvider(),
    sha256: Sha256,
  });

  return async ({
    path,
    query,
    contentType,
    body,
    signal,
  }: GatewayRequest): Promise<GatewayResponse> => {
    const url = new URL(imageApiUrl + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { host: url.host, 'content-type': contentType },
      body,
    });

    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // Not fetch(), which copies the photo twice and leaves the copies to the garbage collector.
    request(url, {
      method: 'POST',
      agent,
      signal,
      // The trace header is not signed: proxies may replace it with their own span.
      headers: { ...headers, ...traceHeader(), 'content-length': Buffer.byteLength(body) },
    })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
    const response = await promise;
    return { status: response.statusCode ?? 0, body: parseJson(await text(response)) };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
