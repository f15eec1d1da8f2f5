import { overloaded } from '../errors.ts';

/** Concurrent connections per caller, of the ten in the pool. */
const MAX_RUNNING = 3;
/** Queued statements and transactions per caller; a request with 30 aliases has 30. */
const MAX_WAITING = 100;
/** Equals CONNECT_TIMEOUT_MS of the pool (database.ts). */
const WAIT_TIMEOUT_MS = 3_000;

interface Share {
  running: number;
  waiting: (() => void)[];
}

export type ConnectionShares = ReturnType<typeof createConnectionShares>;

/**
 * Divides the connections of the pool between callers, so that no caller exhausts them: each may use a few, and further
 * statements wait in a queue per caller, without a connection.
 */
export function createConnectionShares({
  maxRunning = MAX_RUNNING,
  waitTimeoutMs = WAIT_TIMEOUT_MS,
} = {}) {
  const shares = new Map<string, Share>();

  return {
    /**
     * Runs a statement or a transaction. Must not be nested: the inner one could wait for the outer one.
     *
     * @param caller the user's id, or the network of a request without a token
     * @throws PublicError OVERLOADED when the caller's queue is full, or this one waited too long
     */
    async run<Result>(caller: string, work: () => Promise<Result>): Promise<Result> {
      const share = shares.get(caller) ?? { running: 0, waiting: [] };
      if (share.running === 0) shares.set(caller, share);
      if (share.running < maxRunning) share.running++;
      else await waitForTurn(share, waitTimeoutMs);
      try {
        return await work();
      } finally {
        const next = share.waiting.shift();
        // The slot passes to the longest-waiting statement, ahead of new ones.
        if (next) next();
        else if (--share.running === 0) shares.delete(caller);
      }
    },
  };
}

/** Waits for a slot. */
function waitForTurn({ waiting }: Share, waitTimeoutMs: number): Promise<void> {
  if (waiting.length >= MAX_WAITING) throw overloaded();
  return new Promise((resolve, reject) => {
    const resume = () => {
      clearTimeout(timer);
      resolve();
    };
    const giveUp = () => {
      waiting.splice(waiting.indexOf(resume), 1);
      reject(overloaded());
    };
    const timer = setTimeout(giveUp, waitTimeoutMs);
    waiting.push(resume);
  });
}
