import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AppConfig } from '../config.ts';
import { traceHeader } from '../spans.ts';

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
    const answer = await fetch(url, {
      method: 'POST',
      // Not signed: whoever stands between may write its own step into the header.
      headers: { ...headers, ...traceHeader() },
      body,
      signal,
      // A signature is for one address: it is not carried on to another.
      redirect: 'manual',
    });
    return { status: answer.status, body: readJson(await answer.text()) };
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
