import { setTimeout as delay } from 'node:timers/promises';
import type { Whole } from './system-under-test.ts';

interface Fault {
  name: string;
  happen: (whole: Whole) => Promise<unknown>;
}

/** ms that the bucket, and the gateway, are not what they should be. */
const TROUBLE = 6_000;

/** What goes wrong, one after the other. */
export const FAULTS: Fault[] = [
  {
    name: 'kill a function process',
    happen: async (whole) => send('SIGKILL', (await whole.functions()).slice(0, 1)),
  },
  {
    name: 'kill a connection of the database',
    happen: (whole) =>
      whole.sql(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = 'portrait' and pid <> pg_backend_pid() order by random() limit 1`),
  },
  {
    name: 'bucket says 503',
    async happen({ shield }) {
      shield.down = true;
      await delay(TROUBLE);
      shield.down = false;
    },
  },
  { name: 'restart PostgreSQL', happen: (whole) => whole.restartPostgres() },
  {
    name: 'functions stand still',
    async happen(whole) {
      const pids = await whole.functions();
      send('SIGSTOP', pids);
      await delay(TROUBLE);
      send('SIGCONT', pids);
    },
  },
  { name: 'kill -9 the API', happen: (whole) => whole.killApi() },
];

function send(signal: NodeJS.Signals, pids: number[]) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
}
