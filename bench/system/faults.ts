import { setTimeout as delay } from 'node:timers/promises';
import type { SystemUnderTest } from './system-under-test.ts';

interface Fault {
  name: string;
  inject: (system: SystemUnderTest) => Promise<unknown>;
}

/** Duration of an outage, ms. */
const OUTAGE_MS = 6_000;

/** Faults, injected in this order. */
export const FAULTS: Fault[] = [
  {
    name: 'kill a function process',
    inject: async (system) => send('SIGKILL', (await system.functions()).slice(0, 1)),
  },
  {
    name: 'terminate a database connection',
    inject: (system) =>
      system.sql(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = 'portrait' and pid <> pg_backend_pid() order by random() limit 1`),
  },
  {
    name: 'bucket returns 503',
    async inject({ faultProxy }) {
      faultProxy.down = true;
      await delay(OUTAGE_MS);
      faultProxy.down = false;
    },
  },
  { name: 'restart PostgreSQL', inject: (system) => system.restartPostgres() },
  {
    name: 'suspend the functions',
    async inject(system) {
      const pids = await system.functions();
      send('SIGSTOP', pids);
      await delay(OUTAGE_MS);
      send('SIGCONT', pids);
    },
  },
  { name: 'kill -9 the API', inject: (system) => system.killApi() },
];

function send(signal: NodeJS.Signals, pids: number[]) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has exited already.
    }
  }
}
