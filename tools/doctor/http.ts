import { Cross } from './report.ts';

/** ms; the image API may take 30 s. */
const PATIENCE = 40_000;

/** An answer whose body is read. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Buffer;
  /** ms that the other clock is ahead of ours, to the second; undefined when it does not tell. */
  ahead: number | undefined;
}

/**
 * Asks a web server.
 *
 * @throws Cross when none answers
 */
export async function ask(url: string | URL, init: RequestInit = {}): Promise<Answer> {
  const sent = Date.now();
  try {
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE),
    });
    const received = Date.now();
    const { status, headers } = answer;
    const date = Date.parse(headers.get('date') ?? '');
    // The header has whole seconds, cut off: half a one more is right on average.
    const ahead = Number.isNaN(date) ? undefined : date + 500 - (sent + received) / 2;
    return { status, headers, body: Buffer.from(await answer.arrayBuffer()), ahead };
  } catch (error) {
    const { origin } = new URL(url);
    throw new Cross(
      `${origin} does not answer (${reasonOf(error)})`,
      'Start it, or name the right address with --url; behind a firewall, let this machine through.',
    );
  }
}

function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause ? String(cause.code) : cause.message;
}

/** JSON, or undefined for anything else, such as a page. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
