import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';

export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;

/** A connection that was stopped at something it sent. */
export interface HeldConnection {
  /** Lets it go on. */
  release(): void;
  /** Lets through what it sent, and breaks before any answer. */
  breakAfter(): void;
}

interface Trap {
  pattern: RegExp;
  caught: (held: HeldConnection) => void;
}

/** A stretch of network in front of something real: it can be cut, fall silent, or hold one connection. */
export async function startTcpProxy(target: NetConnectOpts) {
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
      const pass = () => onto.write(chunk);
      return trap.caught({
        release: () => pass() && from.resume(),
        breakAfter: () => pass() && from.destroy(),
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
    // A socket file knows no reset: there it is closed.
    for (const end of ends) end.remotePort ? end.resetAndDestroy() : end.destroy();
  }

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** Every connection breaks and new ones are refused, as when the other side is down. */
    async disconnect() {
      server.close();
      hangUp();
      await once(server, 'close');
    },
    /** Everything is accepted and nothing passes, as when packets are lost. */
    stall() {
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
    redirect(elsewhere: NetConnectOpts = target) {
      to = elsewhere;
      hangUp();
    },
    /** Stops the next connection that sends something beginning with this, and tells so; the others go on. */
    holdNext(pattern: RegExp) {
      const { promise, resolve } = Promise.withResolvers<HeldConnection>();
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
