/** Takes callbacks as the API does: verified by the library of Standard Webhooks over the raw body, or not at all. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Callback } from '../../../lambda/contract.ts';

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;

/** What to answer: a status, or nothing ever. */
type Answer = number | 'SILENCE';

export async function openReceiver(secret = SECRET) {
  /** Answers to come; when they are used up, it is 204. */
  const answers: Answer[] = [];
  /** `webhook-id` of every genuine attempt. */
  const attempts: string[] = [];
  const taken: Callback[] = [];

  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    try {
      const callback = new Webhook(secret).verify(await buffer(request), headers) as Callback;
      attempts.push(headers['webhook-id'] ?? '');
      const answer = answers.shift() ?? 204;
      if (answer === 'SILENCE') return;
      if (answer < 300) taken.push(callback);
      response.writeHead(answer, { location: '/elsewhere' }).end();
    } catch {
      response.writeHead(401).end();
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/callbacks/photos`,
    answers,
    attempts,
    taken,
    forget() {
      for (const list of [answers, attempts, taken]) list.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
