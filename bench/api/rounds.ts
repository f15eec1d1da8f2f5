/** Measures servers in turns, so that what disturbs the machine disturbs all of them. */
import { stderr } from 'node:process';
import { least, median } from '../statistics.ts';
import { load } from './load.ts';
import type { Queries, Server } from './servers.ts';

export interface Scenario {
  label: string;
  query: keyof Queries;
  clients: number;
  variables: (server: Server) => Record<string, unknown>;
}

export interface Plan {
  rounds: number;
  /** of one server in one round */
  ms: number;
}

/** Of one server: µs of CPU a request, requests a second, ms, MiB. */
export interface Result {
  cpu: number;
  cpuMin: number;
  rps: number;
  p50: number;
  p99: number;
  rss: number;
  /** CPU as a multiple of the first server's in the same round: median of all rounds. */
  ratio: number;
}

/** ms of load before the rounds: V8 goes on compiling for some 20,000 requests, and a server runs for days. */
const WARM_UP = 15_000;

interface Slice {
  cpu: number;
  rss: number;
  times: number[];
}

const QUERIES: Queries = {
  user: 'query ($id: ID!) { user(id: $id) { id username firstName lastName profile { displayName bio } } }',
  users:
    'query ($first: Int) { users(first: $first) { edges { node { id username firstName lastName profile { displayName bio } } } pageInfo { hasNextPage endCursor } } }',
};

/** Results by name; the first server is the one the others are compared with. */
export async function compete(servers: readonly Server[], scenario: Scenario, plan: Plan) {
  const slices = new Map<string, Slice[]>(servers.map(({ name }) => [name, []]));
  const tell = (what: string) => {
    if (stderr.isTTY) stderr.write(`\r\x1b[K${scenario.label}, ${what}`);
  };
  for (const server of servers) {
    tell(`warming up ${server.name}`);
    await measure(server, scenario, { ms: WARM_UP });
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const server of servers) {
      tell(`round ${round}: ${server.name}`);
      slices.get(server.name)?.push(await measure(server, scenario, plan));
    }
  }
  const [first = []] = slices.values();
  return new Map([...slices].map(([name, all]) => [name, summary(all, first, plan)] as const));
}

async function measure(
  server: Server,
  scenario: Scenario,
  { ms }: Pick<Plan, 'ms'>,
): Promise<Slice> {
  const before = await server.usage();
  const times = await load({ ...server, ...scenario, ms, body: bodies(server, scenario) });
  const { cpu, rss } = await server.usage();
  return { cpu: (cpu - before.cpu) / times.length, rss, times };
}

/** One question after the other. */
export const bodies =
  (server: Server, { query, variables }: Scenario) =>
  () =>
    JSON.stringify({ query: (server.queries ?? QUERIES)[query], variables: variables(server) });

function summary(slices: Slice[], first: Slice[], { ms }: Plan): Result {
  const times = slices.flatMap((slice) => slice.times).sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  const cpus = slices.map(({ cpu }) => cpu);
  return {
    cpu: median(cpus),
    cpuMin: least(cpus),
    rps: median(slices.map((slice) => slice.times.length / (ms / 1000))),
    p50: at(0.5),
    p99: at(0.99),
    rss: Math.max(...slices.map(({ rss }) => rss)) / 2 ** 20,
    ratio: median(cpus.map((cpu, round) => cpu / (first[round]?.cpu ?? Number.NaN))),
  };
}
