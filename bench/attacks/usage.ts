/** CPU time of the product's processes, from /proc. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Client } from 'pg';

/** ms of one clock tick: Linux reports 100 per second to user space (USER_HZ). */
const TICK_MS = 10;

interface Processes {
  api: number;
  postmaster: number;
}

/** CPU time since their start, ms, of the API, its image functions and PostgreSQL. */
export interface Usage {
  api: number;
  functions: number;
  database: number;
}

/** @throws Error without /proc, as on macOS */
export async function processesOf(api: number, database: Client): Promise<Processes> {
  const { rows } = await database.query('select pg_backend_pid() as pid');
  const stat = await statOf(rows[0].pid);
  if (!stat) throw new Error('This bench reads /proc. Run it on Linux.');
  return { api, postmaster: stat.parent };
}

/** The CPU time of exited children is counted in their parent. */
export async function usageOf({ api, postmaster }: Processes): Promise<Usage> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=']);
  const all = await Promise.all(
    stdout
      .trim()
      .split(/\s+/)
      .map((pid) => statOf(Number(pid))),
  );
  const stats = all.filter((stat) => stat !== undefined);
  const one = (id: number) => stats.find(({ pid }) => pid === id);
  const childrenOf = (id: number) =>
    stats
      .filter(({ pid, parent }) => parent === id && pid !== postmaster)
      .reduce((sum, { own, reaped }) => sum + own + reaped, one(id)?.reaped ?? 0);
  return {
    api: one(api)?.own ?? 0,
    functions: childrenOf(api),
    database: (one(postmaster)?.own ?? 0) + childrenOf(postmaster),
  };
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
async function statOf(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses, which may contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = (at: number) => Number(fields[at]) * TICK_MS;
  return {
    pid,
    parent: Number(fields[1]),
    own: ticks(11) + ticks(12),
    reaped: ticks(13) + ticks(14),
  };
}
