import { ask } from '../http.ts';
import { Cross, NotChecked } from '../report.ts';

/** ms; signatures and callbacks fail at five minutes, and a clock that is a minute off has lost its way. */
const MOST = 60_000;

const ADVICE =
  'Signatures and callbacks fail at five minutes: have that clock set by NTP (on AWS: chrony, 169.254.169.123).';

/** Whether the clocks of the API, of the bucket and ours agree. */
export async function checkClocks(apiUrl: string, bucketUrl: string) {
  const api = await ahead(`${apiUrl}/graphql`);
  const bucket = await ahead(bucketUrl);
  const between = api - bucket;
  if (Math.abs(between) <= MOST) {
    if (Math.abs(api) <= MOST) return `API ${seconds(api)}, bucket ${seconds(bucket)} from ours`;
    throw new Cross(`ours is ${seconds(-api)} from that of API and bucket`, ADVICE);
  }
  const wrong = Math.abs(api) > Math.abs(bucket) ? 'API' : 'bucket';
  const off = wrong === 'API' ? api : bucket;
  throw new Cross(`that of the ${wrong} is ${seconds(off)} from ours and the other's`, ADVICE);
}

async function ahead(url: string): Promise<number> {
  const answer = await ask(url);
  if (answer.ahead === undefined) throw new NotChecked(`${new URL(url).origin} tells no time`);
  return answer.ahead;
}

const seconds = (ms: number) => `${ms < 0 ? '-' : '+'}${Math.abs(ms / 1000).toFixed(1)} s`;
