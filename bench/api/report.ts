/** Prints the results as tables. */
import { printTable } from '../table.ts';
import type { Result, Scenario } from './rounds.ts';

export interface Outcome {
  scenario: Scenario;
  /** By name of the server; ratios refer to the first. */
  results: Map<string, Result>;
  /** SQL statements per request, by name of the server. */
  statements?: Map<string, number>;
}

const HEAD = ['CPU µs', 'least', 'req/s', 'p50 ms', 'p99 ms', 'MiB', 'ratio to first'];

export function printContest(outcomes: readonly Outcome[]): void {
  for (const { scenario, results, statements } of outcomes) {
    const rows = [...results].map(([name, result]) => [
      name,
      ...cells(result),
      String(statements?.get(name) ?? ''),
    ]);
    printTable(scenario.label, [['server', ...HEAD, 'statements'], ...rows]);
  }
}

export function printGrowth(title: string, outcomes: readonly Outcome[]): void {
  const rows = outcomes.flatMap(({ scenario, results }) =>
    [...results].map(([name, result]) => [`${scenario.label}: ${name}`, ...cells(result)]),
  );
  printTable(title, [['', ...HEAD], ...rows]);
}

const cells = ({ cpu, cpuMin, rps, p50, p99, rss, ratio }: Result) => [
  ...[cpu, cpuMin, rps].map((value) => Math.round(value).toString()),
  ...[p50, p99].map((value) => value.toFixed(1)),
  Math.round(rss).toString(),
  ratio.toFixed(2),
];
