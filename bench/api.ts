/** Measures what a response costs: Portrait, other GraphQL servers and the floor, with one PostgreSQL and the same users. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { startPostgres } from '../local/postgres/postgres.ts';
import { countStatements } from './api/database.ts';
import { load } from './api/load.ts';
import { plot } from './api/plot.ts';
import { bundlePortrait, SECRET, startPortrait } from './api/portrait.ts';
import { type Outcome, printContest, printGrowth } from './api/report.ts';
import { compete, loadOf, type Plan, type Scenario } from './api/rounds.ts';
import { byId, page } from './api/scenarios.ts';
import { PEERS, type Server, startServer } from './api/servers.ts';

const DATA = join(import.meta.dirname, '../dist/bench/data');
const USERS = 10_000;

interface Bench extends Plan {
  /** Connection string of any database of the server. */
  postgres: string;
  /** Numbers of users to measure Portrait with. */
  rows: number[];
  /** Whether to measure other page sizes, too. */
  pages: boolean;
}

/** `npm run bench -- api [--rounds 5] [--seconds 2] [--rows 1000,10000,100000] [--only contest,pages,growth] [--json file] [--plot file]` */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
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
  const plan = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
  stdout.write(`${machine.cores} cores, load ${machine.load[0]?.toFixed(1)}, ${machine.node}\n`);
  installPeers();
  bundlePortrait();
  await mkdir(DATA, { recursive: true });
  const postgres = await startPostgres(DATA, () => {});
  try {
    const rows = values.rows.split(',').map(Number);
    const bench = { ...plan, postgres: postgres.url, rows, pages: values.only.includes('pages') };
    const contest = values.only.includes('contest') ? await contestAll(bench) : [];
    const growth = values.only.includes('growth') ? await growRows(bench) : [];
    const report = { machine, plan, contest: contest.map(toJson), growth: growth.map(toJson) };
    if (values.json) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
    if (values.plot) await writeFile(values.plot, plot(contest.slice(0, 2)));
  } finally {
    await postgres.stop();
    await rm(DATA, { recursive: true, force: true });
  }
}

/** The peers have their own lock file, so that an installation of Portrait never downloads them. */
function installPeers() {
  const cwd = join(import.meta.dirname, 'peers');
  if (existsSync(join(cwd, 'node_modules'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit'], { cwd, stdio: 'inherit' });
}

async function contestAll(bench: Bench): Promise<Outcome[]> {
  const portrait = await startPortrait(bench.postgres, USERS);
  const { tokens, ids, database } = portrait;
  const servers: Server[] = [];
  try {
    for (const peer of PEERS) {
      const env = { DATABASE_URL: database, JWT_SECRET: SECRET };
      servers.push({ ...(await startServer(peer, env)), tokens, ids });
    }
    // After the floor, which all ratios refer to.
    servers.splice(1, 0, portrait);
    const contest = await measureAll(servers, [byId(), page(50)], bench);
    for (const outcome of contest)
      outcome.statements = await statementsOf(servers, outcome, database);
    printContest(contest);
    if (!bench.pages) return contest;
    const [, , rival = portrait] = servers;
    const scenarios = [page(1), page(10), page(100), byId(1), byId(8)];
    const growth = await measureAll([rival, portrait], scenarios, bench);
    printGrowth('By page size and number of clients', growth);
    return [...contest, ...growth];
  } finally {
    for (const server of new Set([portrait, ...servers])) await server.stop();
  }
}

/** Measures Portrait with more and more users in the table. */
async function growRows(bench: Bench): Promise<Outcome[]> {
  const servers: Server[] = [];
  try {
    for (const users of bench.rows) {
      const server = await startPortrait(bench.postgres, users);
      servers.push({ ...server, name: `Portrait, ${users} users` });
    }
    const growth = await measureAll(servers, [byId(), page(50)], bench);
    printGrowth('By number of users', growth);
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

/** Requests to average the SQL statements over, so that background work of the server rounds away. */
const REQUESTS = 20;

async function statementsOf(servers: Server[], { scenario }: Outcome, database: string) {
  const counts = new Map<string, number>();
  for (const server of servers) {
    const options = { ...loadOf(server, scenario), clients: 1, until: { requests: REQUESTS } };
    const count = await countStatements(database, join(DATA, 'postgres.log'), () => load(options));
    counts.set(server.name, Math.round(count / REQUESTS));
  }
  return counts;
}

const toJson = ({ scenario: { label }, results, statements }: Outcome) => ({
  scenario: label,
  results: Object.fromEntries(results),
  ...(statements && { statements: Object.fromEntries(statements) }),
});
