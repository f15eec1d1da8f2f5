/** Receives callbacks as the API does, verified over the raw body by the library of Standard Webhooks. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import type { Callback, ClaimRefusal, UploadStarted } from '../../../contract/callbacks.ts';

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

export type Receiver = Awaited<ReturnType<typeof openReceiver>>;

type Outcome = Exclude<Callback, UploadStarted>;

/** A status, or no response at all. */
type Answer = number | 'SILENCE';

export async function openReceiver(secret = SECRET) {
  /** Next responses; then 204. */
  const answers: Answer[] = [];
  /** `webhook-id` of every genuine attempt. */
  const attempts: string[] = [];
  const taken: Outcome[] = [];
  /** Claims, separate from reported outcomes. */
  const claims: UploadStarted[] = [];
  /** Next responses to claims: a reason for refusal, or a status; then all are granted. */
  const claimAnswers: (ClaimRefusal['photo'] | number)[] = [];

  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    try {
      const callback = new Webhook(secret).verify(await buffer(request), headers) as Callback;
      if (callback.type === 'photo.started') {
        claims.push(callback);
        const answer = claimAnswers.shift() ?? 204;
        const isStatus = typeof answer === 'number';
        response.writeHead(isStatus ? answer : 409);
        response.end(isStatus ? undefined : JSON.stringify({ photo: answer }));
        return;
      }
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
    claims,
    claimAnswers,
    forget() {
      for (const list of [answers, attempts, taken, claims, claimAnswers]) list.length = 0;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
