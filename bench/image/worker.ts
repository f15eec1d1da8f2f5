/** One contestant in a process of its own: `worker.mjs <contestant> <photo> <runs>` prints what each run took. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { argv, cpuUsage, platform, resourceUsage, stdout } from 'node:process';
import { CONTESTANTS } from './contestants.ts';

/** ms, and runs at least, until V8 has compiled what it will: a function serves thousands of photos warm. */
const WARM_UP = { ms: 2_500, runs: 3 };

const [, , name = '', path = '', runs = '1'] = argv;
const found = Object.entries(CONTESTANTS).find(([known]) => known === name);
if (!found) throw new RangeError(`There is no contestant ${name}.`);

const run = await found[1](await readFile(path));
// The first pay for what is loaded and compiled once, which `cold` measures.
for (let at = 0; runs !== '1' && (at < WARM_UP.runs || performance.now() < WARM_UP.ms); at++)
  await run();
const samples: { cpu: number; wall: number }[] = [];
for (let at = 0; at < Number(runs); at++) {
  const [cpu, wall] = [cpuUsage(), performance.now()];
  await run();
  const { user, system } = cpuUsage(cpu);
  samples.push({ cpu: (user + system) / 1000, wall: performance.now() - wall });
}
stdout.write(JSON.stringify({ samples, rss: peakMemory() / 1024 }));

/** KiB. Linux counts the process that started this one, too, in what getrusage tells. */
function peakMemory(): number {
  if (platform !== 'linux') return resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
