/** Measures servers in turns, so that a disturbance of the machine affects all of them. */
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
  /** s of load on one server in one round. */
  seconds: number;
}

/** What was measured of one server. */
export interface Result {
  /** µs of CPU per request: median and minimum of the rounds. */
  cpu: number;
  cpuMin: number;
  /** Requests per second. */
  rps: number;
  /** ms */
  p50: number;
  p99: number;
  /** MiB */
  rss: number;
  /** CPU as a multiple of the first server's in the same round: median of all rounds. */
  ratio: number;
}

/** s of load before the rounds: V8 keeps compiling for about 20,000 requests, and a server runs for days. */
const WARM_UP_S = 15;

/** One server in one round. */
interface Slice extends Pick<Result, 'cpu' | 'rps'> {
  /** bytes */
  rss: number;
  /** ms */
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
  const rates = new Map<string, number>();
  const showProgress = (what: string) => {
    if (stderr.isTTY) stderr.write(`\r\x1b[K${scenario.label}, ${what}`);
  };
  for (const server of servers) {
    showProgress(`warming up ${server.name}`);
    const { times, elapsed } = await load({
      ...loadOf(server, scenario),
      until: { seconds: WARM_UP_S },
    });
    rates.set(server.name, times.length / elapsed);
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const server of servers) {
      showProgress(`round ${round}: ${server.name}`);
      const requests = Math.ceil((rates.get(server.name) ?? 1) * plan.seconds);
      slices.get(server.name)?.push(await measure(server, scenario, requests));
    }
  }
  const [first = []] = slices.values();
  return new Map([...slices].map(([name, all]) => [name, summarize(all, first)] as const));
}

/** A number of requests rather than a time: the CPU of requests in flight at the end must be counted, too. */
async function measure(server: Server, scenario: Scenario, requests: number): Promise<Slice> {
  const before = await server.usage();
  const { times, elapsed } = await load({ ...loadOf(server, scenario), until: { requests } });
  const { cpu, rss } = await server.usage();
  return { cpu: (cpu - before.cpu) / times.length, rss, times, rps: times.length / elapsed };
}

export const loadOf = (server: Server, { query, variables, clients }: Scenario) => ({
  url: server.url,
  tokens: server.tokens,
  clients,
  body: () =>
    JSON.stringify({ query: (server.queries ?? QUERIES)[query], variables: variables(server) }),
});

function summarize(slices: Slice[], first: Slice[]): Result {
  const times = slices.flatMap((slice) => slice.times).sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  const cpus = slices.map(({ cpu }) => cpu);
  return {
    cpu: median(cpus),
    cpuMin: least(cpus),
    rps: median(slices.map(({ rps }) => rps)),
    p50: at(0.5),
    p99: at(0.99),
    rss: Math.max(...slices.map(({ rss }) => rss)) / 2 ** 20,
    ratio: median(cpus.map((cpu, round) => cpu / (first[round]?.cpu ?? Number.NaN))),
  };
}
