import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';

export type Line = Awaited<ReturnType<typeof aLine>>;

/** Stops the connection at what was caught, until it is let go. */
export type Release = () => void;

interface Trap {
  pattern: RegExp;
  caught: (release: Release) => void;
}

/** A stretch of network in front of something real: it can be cut, fall silent, or hold one connection. */
export async function aLine(target: NetConnectOpts) {
  let to = target;
  let isSilent = false;
  let traps: Trap[] = [];
  const ends = new Set<Socket>();

  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true });
    carry(near, far, (chunk) => trapFor(chunk));
    carry(far, near, () => undefined);
  });
  const { port } = await open(server, 0);

  function carry(from: Socket, onto: Socket, check: (chunk: Buffer) => Trap | undefined) {
    ends.add(from);
    from.on('data', (chunk) => {
      const trap = check(chunk);
      if (!trap) return onto.write(chunk);
      from.pause();
      return trap.caught(() => {
        onto.write(chunk);
        from.resume();
      });
    });
    from.on('end', () => onto.end());
    // Told by `close`.
    from.on('error', () => {});
    from.on('close', () => {
      ends.delete(from);
      onto.destroy();
    });
    if (isSilent) from.pause();
  }

  function trapFor(chunk: Buffer) {
    const trap = traps.find(({ pattern }) => pattern.test(chunk.toString('latin1', 0, 1_000)));
    traps = traps.filter((one) => one !== trap);
    return trap;
  }

  function hangUp() {
    for (const end of ends) end.resetAndDestroy();
  }

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** Every connection breaks and new ones are refused, as when the other side is down. */
    async cut() {
      server.close();
      hangUp();
      await once(server, 'close');
    },
    /** Everything is accepted and nothing passes, as when packets are lost. */
    silence() {
      isSilent = true;
      for (const end of ends) end.pause();
    },
    /** All is well again. */
    async restore() {
      isSilent = false;
      for (const end of ends) end.resume();
      if (!server.listening) await open(server, port);
    },
    /** Who connects from now on talks to something else; who was connected is cut off. */
    lead(elsewhere: NetConnectOpts = target) {
      to = elsewhere;
      hangUp();
    },
    /** Stops the next connection that sends something beginning with this, and tells so; the others go on. */
    hold(pattern: RegExp) {
      const { promise, resolve } = Promise.withResolvers<Release>();
      traps.push({ pattern, caught: resolve });
      return promise;
    },
    async close() {
      hangUp();
      server.close();
    },
  };
}

async function open(server: Server, port: number) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.address() as AddressInfo;
}
