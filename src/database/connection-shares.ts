import { overloaded } from '../errors.ts';

/** Connections that one caller holds at once, of the ten of the pool: who waits for three statements waits alone. */
const MOST_RUNNING = 3;
/** Statements and transactions of one caller that wait for those; a request of 30 aliases has 30. */
const MOST_WAITING = 100;
/** ms; as long as the pool itself lets anybody wait (database.ts). */
const WAIT_TIMEOUT_MS = 3_000;

interface Share {
  running: number;
  waiting: (() => void)[];
}

export type ConnectionShares = ReturnType<typeof createConnectionShares>;

/**
 * Divides the connections of the pool between callers, so that nobody's requests exhaust them: each caller has a few,
 * and what is more waits in a queue of their own, without a connection.
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
        // A waitForTurn is handed on: nobody who comes now gets it before who has waited.
        if (next) next();
        else if (--share.running === 0) shares.delete(caller);
      }
    },
  };
}

/** Waits until somebody hands on their waitForTurn. */
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
