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

/** A connection paused at a chunk that matched a pattern. */
export interface HeldConnection {
  /** Forwards the chunk and resumes. */
  release(): void;
  /** Forwards the chunk, then resets the connection before any response. */
  breakAfter(): void;
}

interface Trap {
  pattern: RegExp;
  caught: (held: HeldConnection) => void;
}

/** Starts a TCP proxy that can refuse connections, stall traffic or hold one connection. */
export async function startTcpProxy(target: NetConnectOpts) {
  let to = target;
  let isSilent = false;
  let traps: Trap[] = [];
  const sockets = new Set<Socket>();

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...to, allowHalfOpen: true });
    forward(client, upstream, (chunk) => trapFor(chunk));
    forward(upstream, client, () => undefined);
  });
  const { port } = await open(server, 0);

  function forward(from: Socket, onto: Socket, check: (chunk: Buffer) => Trap | undefined) {
    sockets.add(from);
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
    // `close` follows and does the work.
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      onto.destroy();
    });
    if (isSilent) from.pause();
  }

  function trapFor(chunk: Buffer) {
    const trap = traps.find(({ pattern }) => pattern.test(chunk.toString('latin1', 0, 1_000)));
    traps = traps.filter((one) => one !== trap);
    return trap;
  }

  function closeConnections() {
    // A Unix socket has no reset, so it is closed.
    for (const socket of sockets) socket.remotePort ? socket.resetAndDestroy() : socket.destroy();
  }

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** Resets every connection and refuses new ones, as when the target is down. */
    async disconnect() {
      server.close();
      closeConnections();
      await once(server, 'close');
    },
    /** Accepts connections and forwards nothing, as when packets are lost. */
    stall() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    /** Ends `disconnect` and `stall`. */
    async restore() {
      isSilent = false;
      for (const socket of sockets) socket.resume();
      if (!server.listening) await open(server, port);
    },
    /** Sends new connections to another target and resets the existing ones. */
    redirect(elsewhere: NetConnectOpts = target) {
      to = elsewhere;
      closeConnections();
    },
    /** Pauses the next connection that sends a chunk whose first 1,000 bytes match; the others continue. */
    holdNext(pattern: RegExp) {
      const { promise, resolve } = Promise.withResolvers<HeldConnection>();
      traps.push({ pattern, caught: resolve });
      return promise;
    },
    async close() {
      closeConnections();
      server.close();
    },
  };
}

async function open(server: Server, port: number) {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server.address() as AddressInfo;
}
