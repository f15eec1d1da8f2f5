import { printTable } from '../table.ts';
import type { Experience } from './normal-user.ts';
import type { Answers } from './types.ts';
import type { Usage } from './usage.ts';

/** One attack, what it cost and what the user noticed. */
export interface Measured extends Experience {
  name: string;
  title: string;
  /** MiB, the most of the API's process. */
  rss: number;
  /** ms */
  cpu: Usage;
  answers: Answers;
}

/** What must hold during every attack: ms of a normal user's reads, and MiB of the API. */
const LIMITS = { p99: 500, rss: 700 };

export function printMeasured(all: readonly Measured[]) {
  const [quiet] = all;
  printTable('A normal user during each attack', [
    ['attack', 'requests', 'errors', 'p50 ms', 'p99 ms', 'max ms', 'photo ms', 'direct ms'],
    ...all.map((one) => [
      `${one.name} ${one.title}`,
      ...[String(one.requests), wordsOf(one.errors)],
      ...[at(one.reads, 0.5), at(one.reads, 0.99), Math.max(...one.reads)].map(whole),
      ...[Math.max(...one.uploads), Math.max(...one.direct)].map(whole),
    ]),
  ]);
  printTable('What the attack costs, CPU in ms; a message is beyond what the user alone costs', [
    ['attack', 'RSS MiB', 'API', 'functions', 'database', 'messages', 'a message', 'answers'],
    ...all.map((one) => [
      ...[one.name, whole(one.rss)],
      ...[one.cpu.api, one.cpu.functions, one.cpu.database].map(whole),
      ...[String(messagesOf(one)), one === quiet ? '' : costOfMessage(one, quiet)],
      wordsOf(one.answers),
    ]),
  ]);
}

/** What the product promises, and does not keep. */
export const findViolations = (all: readonly Measured[]) =>
  all.flatMap(({ name, reads, errors, rss }) => [
    ...(at(reads, 0.99) < LIMITS.p99 ? [] : [`${name}: p99 is ${whole(at(reads, 0.99))} ms.`]),
    ...(rss < LIMITS.rss ? [] : [`${name}: the API has ${whole(rss)} MiB.`]),
    ...Object.entries(errors).map(([code, count]) => `${name}: the user got ${count} ${code}.`),
  ]);

function costOfMessage(one: Measured, quiet: Measured | undefined) {
  const sum = ({ api, functions, database }: Usage) => api + functions + database;
  const beyond = sum(one.cpu) - (quiet ? sum(quiet.cpu) : 0);
  return (Math.max(0, beyond) / messagesOf(one)).toFixed(2);
}

const messagesOf = ({ answers }: Measured) =>
  Object.values(answers).reduce((sum, count) => sum + count, 0);

const wordsOf = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ') || '-';

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(sorted.length * share)] ?? Number.NaN;

/** What never happened took infinitely long. */
const whole = (value: number) => (Number.isFinite(value) ? value.toFixed(0) : 'never');
