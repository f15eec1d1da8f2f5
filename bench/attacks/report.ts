import { printTable } from '../table.ts';
import type { Experience } from './normal-user.ts';
import type { Answers } from './types.ts';
import type { Usage } from './usage.ts';

/** One attack: its cost, and what the user experienced. */
export interface Measured extends Experience {
  name: string;
  title: string;
  /** Peak memory of the API's process, MiB. */
  rss: number;
  /** ms */
  cpu: Usage;
  answers: Answers;
}

/** Limits during every attack: response time of a normal user's reads, ms, and memory of the API, MiB. */
const LIMITS = { p99: 500, rss: 700 };

export function printMeasured(all: readonly Measured[]) {
  const [quiet] = all;
  printTable('A normal user during each attack', [
    ['attack', 'requests', 'errors', 'p50 ms', 'p99 ms', 'max ms', 'photo ms', 'direct ms'],
    ...all.map((one) => [
      `${one.name} ${one.title}`,
      ...[String(one.requests), formatCounts(one.errors)],
      ...[at(one.reads, 0.5), at(one.reads, 0.99), Math.max(...one.reads)].map(round),
      ...[Math.max(...one.uploads), Math.max(...one.direct)].map(round),
    ]),
  ]);
  printTable('Cost of each attack, CPU in ms; per message without the cost of the normal user', [
    ['attack', 'RSS MiB', 'API', 'functions', 'database', 'messages', 'per message', 'answers'],
    ...all.map((one) => [
      ...[one.name, round(one.rss)],
      ...[one.cpu.api, one.cpu.functions, one.cpu.database].map(round),
      ...[String(messagesOf(one)), one === quiet ? '' : costOfMessage(one, quiet)],
      formatCounts(one.answers),
    ]),
  ]);
}

/** Lists limits that were exceeded, and errors that the user got. */
export const findViolations = (all: readonly Measured[]) =>
  all.flatMap(({ name, reads, errors, rss }) => [
    ...(at(reads, 0.99) < LIMITS.p99 ? [] : [`${name}: p99 is ${round(at(reads, 0.99))} ms.`]),
    ...(rss < LIMITS.rss ? [] : [`${name}: the API used ${round(rss)} MiB.`]),
    ...Object.entries(errors).map(([code, count]) => `${name}: the user got ${count} ${code}.`),
  ]);

function costOfMessage(one: Measured, quiet: Measured | undefined) {
  const sum = ({ api, functions, database }: Usage) => api + functions + database;
  const beyond = sum(one.cpu) - (quiet ? sum(quiet.cpu) : 0);
  return (Math.max(0, beyond) / messagesOf(one)).toFixed(2);
}

const messagesOf = ({ answers }: Measured) =>
  Object.values(answers).reduce((sum, count) => sum + count, 0);

const formatCounts = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ') || '-';

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.floor(sorted.length * share)] ?? Number.NaN;

/** An infinite value means that it never happened. */
const round = (value: number) => (Number.isFinite(value) ? value.toFixed(0) : 'never');
