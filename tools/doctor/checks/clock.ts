import { fetchResponse } from '../http.ts';
import { CheckFailed, NotChecked } from '../report.ts';

/** ms; signatures and callbacks fail at five minutes, and a synchronized clock is never a minute off. */
const MAX_SKEW_MS = 60_000;

const ADVICE =
  'Signatures and callbacks fail at five minutes: synchronize that clock by NTP (on AWS: chrony, 169.254.169.123).';

/** Checks that the clocks of API, bucket and this machine agree. */
export async function checkClocks(apiUrl: string, bucketUrl: string) {
  const api = await skewOf(`${apiUrl}/graphql`);
  const bucket = await skewOf(bucketUrl);
  const between = api - bucket;
  if (Math.abs(between) <= MAX_SKEW_MS) {
    if (Math.abs(api) <= MAX_SKEW_MS)
      return `API ${seconds(api)}, bucket ${seconds(bucket)} from this machine`;
    throw new CheckFailed(
      `the clock of this machine is ${seconds(-api)} from API and bucket`,
      ADVICE,
    );
  }
  const wrong = Math.abs(api) > Math.abs(bucket) ? 'API' : 'bucket';
  const off = wrong === 'API' ? api : bucket;
  throw new CheckFailed(`the clock of the ${wrong} is ${seconds(off)} from the other two`, ADVICE);
}

async function skewOf(url: string): Promise<number> {
  const { clockSkew } = await fetchResponse(url);
  if (clockSkew === undefined) throw new NotChecked(`${new URL(url).origin} sends no date header`);
  return clockSkew;
}

const seconds = (ms: number) => `${ms < 0 ? '-' : '+'}${Math.abs(ms / 1000).toFixed(1)} s`;
