/** What an answer of the API costs: ours, other GraphQL servers', and the floor, with one PostgreSQL and the same people. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { startPostgres } from '../local/postgres/postgres.ts';
import { countStatements } from './api/database.ts';
import { ask, headersOf } from './api/load.ts';
import { plot } from './api/plot.ts';
import { bundleOurs, SECRET, startOurs } from './api/portrait.ts';
import { type Outcome, printContest, printGrowth } from './api/report.ts';
import { bodies, compete, type Plan, type Scenario } from './api/rounds.ts';
import { byId, page } from './api/scenarios.ts';
import { PEERS, type Server, startServer } from './api/servers.ts';

const DATA = join(import.meta.dirname, '../dist/bench/data');
const PEOPLE = 10_000;

interface Bench extends Plan {
  /** Address of some database of the server. */
  postgres: string;
  rows: number[];
  /** Whether pages of other sizes are measured, too. */
  pages: boolean;
}

/** `npm run bench -- api [--rounds 5] [--seconds 2] [--rows 1000,10000,100000] [--only contest,pages,growth] [--json file] [--plot file]` */
export async function run(words: string[]): Promise<void> {
  const { values } = parseArgs({
    args: words,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      rows: { type: 'string', default: '1000,10000,100000' },
      only: { type: 'string', default: 'contest,pages,growth' },
      json: { type: 'string' },
      plot: { type: 'string' },
    },
  });
  const machine = { cores: availableParallelism(), load: loadavg(), node: process.version };
  const plan = { rounds: Number(values.rounds), ms: Number(values.seconds) * 1000 };
  stdout.write(`${machine.cores} cores, load ${machine.load[0]?.toFixed(1)}, ${machine.node}\n`);
  installPeers();
  bundleOurs();
  await mkdir(DATA, { recursive: true });
  const postgres = await startPostgres(DATA, () => {});
  try {
    const rows = values.rows.split(',').map(Number);
    const bench = { ...plan, postgres: postgres.url, rows, pages: values.only.includes('pages') };
    const contest = values.only.includes('contest') ? await contestAll(bench) : [];
    const growth = values.only.includes('growth') ? await growRows(bench) : [];
    const told = { machine, plan, contest: contest.map(flat), growth: growth.map(flat) };
    if (values.json) await writeFile(values.json, `${JSON.stringify(told, undefined, 2)}\n`);
    if (values.plot) await writeFile(values.plot, plot(contest.slice(0, 2)));
  } finally {
    await postgres.stop();
    await rm(DATA, { recursive: true, force: true });
  }
}

/** Theirs is a lock file of its own: who only uses the product never loads any of it. */
function installPeers() {
  const cwd = join(import.meta.dirname, 'peers');
  if (existsSync(join(cwd, 'node_modules'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit'], { cwd, stdio: 'inherit' });
}

async function contestAll(bench: Bench): Promise<Outcome[]> {
  const ours = await startOurs(bench.postgres, PEOPLE);
  const { tokens, ids, database } = ours;
  const servers: Server[] = [];
  try {
    for (const peer of PEERS) {
      const env = { DATABASE_URL: database, JWT_SECRET: SECRET };
      servers.push({ ...(await startServer(peer, env)), tokens, ids });
    }
    // After the floor, which the others are multiples of.
    servers.splice(1, 0, ours);
    const contest = await measureAll(servers, [byId(), page(50)], bench);
    for (const outcome of contest)
      outcome.statements = await statementsOf(servers, outcome, database);
    printContest(contest);
    if (!bench.pages) return contest;
    const [, , rival = ours] = servers;
    const scenarios = [page(1), page(10), page(100), byId(1), byId(8)];
    const growth = await measureAll([rival, ours], scenarios, bench);
    printGrowth('With the size of a page and the number of clients', growth);
    return [...contest, ...growth];
  } finally {
    for (const server of [ours, ...servers.filter((one) => one !== ours)]) await server.stop();
  }
}

/** Our own cost with more and more people in the table. */
async function growRows(bench: Bench): Promise<Outcome[]> {
  const servers: Server[] = [];
  try {
    for (const people of bench.rows) {
      const server = await startOurs(bench.postgres, people);
      servers.push({ ...server, name: `Portrait, ${people} people` });
    }
    const growth = await measureAll(servers, [byId(), page(50)], bench);
    printGrowth('With the number of people', growth);
    return growth;
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function measureAll(servers: Server[], scenarios: Scenario[], plan: Plan) {
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios)
    outcomes.push({ scenario, results: await compete(servers, scenario, plan) });
  return outcomes;
}

/** Questions from which the statements of one are reckoned: what the product does beside them hardly counts. */
const QUESTIONS = 20;

async function statementsOf(servers: Server[], { scenario }: Outcome, database: string) {
  const counts = new Map<string, number>();
  for (const server of servers) {
    const { url, tokens } = server;
    const headers = headersOf(tokens);
    const next = bodies(server, scenario);
    const count = await countStatements(database, join(DATA, 'postgres.log'), async () => {
      for (let n = 0; n < QUESTIONS; n++) await ask({ url, headers }, next());
    });
    counts.set(server.name, Math.round(count / QUESTIONS));
  }
  return counts;
}

const flat = ({ scenario: { label }, results, statements }: Outcome) => ({
  scenario: label,
  results: Object.fromEntries(results),
  ...(statements && { statements: Object.fromEntries(statements) }),
});
