import { overloaded } from '../errors.ts';

/** Connections of the pool, which has ten, that one caller uses at once. */
const MOST_RUNNING = 3;
/** Statements and transactions of one caller that may wait; a request with 30 aliases has 30. */
const MOST_WAITING = 100;
/** ms; the same as CONNECT_TIMEOUT_MS of the pool (database.ts). */
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
  mostRunning = MOST_RUNNING,
  waitTimeoutMs = WAIT_TIMEOUT_MS,
} = {}) {
  const shares = new Map<string, Share>();

  return {
    /**
     * Runs a statement or a transaction. One that waits for another of the same caller must not be inside it.
     *
     * @param caller a user's id, or the network of somebody without a token
     * @throws PublicError OVERLOADED when the caller has too many waiting, or this one waited for too long
     */
    async run<Result>(caller: string, work: () => Promise<Result>): Promise<Result> {
      const share = shares.get(caller) ?? { running: 0, waiting: [] };
      if (share.running === 0) shares.set(caller, share);
      if (share.running < mostRunning) share.running++;
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
  if (waiting.length >= MOST_WAITING) throw overloaded();
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
