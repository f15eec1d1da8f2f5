import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { traceHeader } from '../../../contract/spans.ts';
import type { AppConfig } from '../../config.ts';

/** A POST; `path` is below the address of the image API, `type` is that of `body`. */
export interface Call {
  path: string;
  query: Record<string, string>;
  type: string;
  body: string | Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  /** Parsed JSON; undefined for anything else, such as the page of a proxy. */
  body: unknown;
}

/** Calls an API Gateway that wants a SigV4 signature (AWS_IAM); throws when no answer comes back. */
export function openGateway({ imageApiUrl, imageApiCredentials, region }: AppConfig) {
  const { Agent, request } = imageApiUrl.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true });
  const signer = new SignatureV4({
    service: 'execute-api',
    region,
    credentials: imageApiCredentials ?? defaultProvider(),
    sha256: Sha256,
  });

  return async ({ path, query, type, body, signal }: Call): Promise<Answer> => {
    const url = new URL(imageApiUrl + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const { headers } = await signer.sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { host: url.host, 'content-type': type },
      body,
    });

    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    // Not fetch(), which copies the photo twice and makes the collector of garbage look for it.
    request(url, {
      ...{ method: 'POST', agent, signal },
      // Not signed: whoever stands between may write its own step into the header.
      headers: { ...headers, ...traceHeader(), 'content-length': Buffer.byteLength(body) },
    })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
    const answer = await promise;
    return { status: answer.statusCode ?? 0, body: readJson(await text(answer)) };
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
