/** Asks a server, from so many clients at once, for so long. */
import { Agent, request } from 'node:http';

const PATIENCE_MS = 20_000;

export interface Load {
  url: string;
  /** The clients are these users, in turns. */
  tokens: readonly string[];
  clients: number;
  ms: number;
  /** The next question. */
  body: () => string;
}

/** ms that each answer took. */
export async function load({ url, tokens, clients, ms, body }: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const deadline = performance.now() + ms;
  const times: number[] = [];
  const client = async (_: unknown, at: number) => {
    const headers = headersOf(tokens, at);
    while (performance.now() < deadline) {
      const started = performance.now();
      await ask({ url, agent, headers }, body());
      times.push(performance.now() - started);
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  return times;
}

/** Of the user who is this client. */
export const headersOf = (tokens: readonly string[], client = 0) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${tokens[client % tokens.length]}`,
});

interface Way {
  url: string;
  agent?: Agent;
  headers: Record<string, string>;
}

/** @throws when the answer is not what was asked for: a fast refusal must not look like speed */
export function ask({ url, agent, headers }: Way, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, ...(agent && { agent }) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => {
        text += part;
      });
      answer.on('end', () => {
        const isGood = answer.statusCode === 200 && text.includes('displayName');
        if (isGood && !text.includes('"errors"')) resolve(text);
        else reject(new Error(`${url} answers ${answer.statusCode}: ${text.slice(0, 300)}`));
      });
      answer.on('error', reject);
    });
    sent.setTimeout(PATIENCE_MS, () => sent.destroy(new Error(`${url} does not answer.`)));
    sent.on('error', reject);
    sent.end(body);
  });
}
