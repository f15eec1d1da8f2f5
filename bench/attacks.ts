/** Measures what each attack costs the product, and how it affects a normal user. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { exit, report, stdout } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { bundle } from '../bundle.mjs';
import { ATTACKS } from './attacks/list.ts';
import { openNormalUser, signUpUser } from './attacks/normal-user.ts';
import { type Product, startProduct } from './attacks/product.ts';
import { findViolations, type Measured, printMeasured } from './attacks/report.ts';
import type { Answers, Target } from './attacks/types.ts';
import { drawLargeAvif } from './attacks/uploads.ts';

const ATTACKER = join(import.meta.dirname, 'attacks/attacker.ts');
/** s of normal use before the measurement: V8 compiles, connections open, functions start. */
const WARM_UP_S = 8;

/** `npm run bench -- attacks [--seconds 30] [--only 1a,1b,2a,2b,3a,3b,4] [--json file]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '30' },
      only: { type: 'string', default: ATTACKS.map(({ name }) => name).join() },
      json: { type: 'string' },
    },
  });
  const attacks = ATTACKS.filter(({ name }) => values.only.split(',').includes(name));
  requireDescriptors(Math.max(0, ...attacks.map(({ descriptors = 0 }) => descriptors)));
  const machine = { cores: availableParallelism(), load: loadavg(), node: process.version };
  stdout.write(`${machine.cores} cores, load ${machine.load[0]?.toFixed(1)}, ${machine.node}\n`);
  bundle('dist/bench/product');
  const folder = await mkdtemp(join(tmpdir(), 'portrait-attack-'));
  const photo = join(folder, 'large.avif');
  await writeFile(photo, await drawLargeAvif());

  const seconds = Number(values.seconds);
  const all: Measured[] = [];
  for (const attack of [undefined, ...attacks]) all.push(await measure(attack, seconds, photo));
  printMeasured(all);
  if (values.json) {
    const results = { machine, seconds, attacks: all };
    await writeFile(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  const violations = findViolations(all);
  for (const violation of violations) stdout.write(`VIOLATION: ${violation}\n`);
  await rm(folder, { recursive: true, force: true });
  exit(violations.length > 0 ? 1 : 0);
}

type Listed = (typeof ATTACKS)[number];

/** Runs one attack, or none, against a freshly started product. */
async function measure(
  attack: Listed | undefined,
  seconds: number,
  photo: string,
): Promise<Measured> {
  stdout.write(`${attack ? `${attack.name}: ${attack.title}` : 'no attack'}\n`);
  const product = await startProduct(attack?.users ?? 0);
  try {
    const user = await openNormalUser(product.url);
    await user.use(WARM_UP_S);
    const token = attack?.isSignedIn ? (await signUpUser(product.url)).token : '';
    const target = { url: product.url, token, seconds, photo };
    const [cost, experience, answers] = await Promise.all([
      costOf(product, seconds),
      user.use(seconds),
      attack ? runAttack(attack.name, target) : {},
    ]);
    const { name, title } = attack ?? { name: '-', title: 'no attack' };
    return { name, title, ...cost, ...experience, answers };
  } finally {
    await product.close();
  }
}

/** CPU time during the attack, ms, and peak memory, MiB. */
async function costOf(product: Product, seconds: number) {
  const before = await product.usage();
  const memory = product.watchMemory();
  await delay(seconds * 1_000);
  const after = await product.usage();
  const cpu = {
    api: after.api - before.api,
    functions: after.functions - before.functions,
    database: after.database - before.database,
  };
  return { rss: memory(), cpu };
}

/** Runs the attack in its own process, at the lowest priority. */
async function runAttack(name: string, target: Target): Promise<Answers> {
  const child = fork(ATTACKER, [name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send(target);
  const ended = once(child, 'exit').then(() => [{ 'the attacking process exited': 1 }]);
  const [answers] = await Promise.race([once(child, 'message'), ended]);
  return answers;
}

/** The used part of Node's diagnostic report; `soft` is a number or "unlimited". */
interface UserLimits {
  userLimits: { open_files: { soft: unknown } };
}

/** Node raises the soft limit to the hard limit, which only the user can raise. */
function requireDescriptors(needed: number) {
  const { userLimits } = report.getReport() as UserLimits;
  const open = userLimits.open_files.soft;
  if (typeof open !== 'number' || open >= needed) return;
  stdout.write(
    `This needs ${needed} open files per process, but the limit is ${open}. Run "ulimit -Hn ${needed}" as root, or exclude 2b with --only.\n`,
  );
  exit(1);
}
