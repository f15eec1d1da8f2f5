import { CheckFailed } from './report.ts';

/** ms; the image API may take 30 s. */
const REQUEST_TIMEOUT_MS = 40_000;

/** A response with its body. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  body: Buffer;
  /** ms that the server's clock is ahead of ours, to the second; undefined without a `date` header. */
  clockSkew: number | undefined;
}

/**
 * Fetches without following redirects.
 *
 * @throws CheckFailed if there is no response
 */
export async function fetchResponse(
  url: string | URL,
  init: RequestInit = {},
): Promise<HttpResponse> {
  const sent = Date.now();
  try {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const received = Date.now();
    const { status, headers } = response;
    const date = Date.parse(headers.get('date') ?? '');
    // The header is truncated to seconds: half a second more is right on average.
    const clockSkew = Number.isNaN(date) ? undefined : date + 500 - (sent + received) / 2;
    return { status, headers, body: Buffer.from(await response.arrayBuffer()), clockSkew };
  } catch (error) {
    const { origin } = new URL(url);
    throw new CheckFailed(
      `${origin} does not respond (${reasonOf(error)})`,
      'Start it, correct --url, or allow this machine in the firewall.',
    );
  }
}

function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? String(cause.code) : cause.message;
}

/** Parses the body; undefined if it is not JSON. */
export function jsonOf({ body }: HttpResponse): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
