import { z } from 'zod';
import { CALLBACK_PATH } from '../../../contract/routes.ts';
import { openApi } from '../graphql.ts';
import { fetchResponse, type HttpResponse, jsonOf } from '../http.ts';
import { CheckFailed, NotChecked } from '../report.ts';

export interface Policy {
  sizes: number[];
  formats: string[];
}

/** Checks that GraphQL responds. @returns the sizes and formats it produces */
export async function checkApi(url: string) {
  const began = Date.now();
  const { uploadPolicy } = await openApi(url).query<{ uploadPolicy: Policy }>(
    '{ uploadPolicy { sizes formats } }',
  );
  return { fact: `responds in ${Date.now() - began} ms`, policy: uploadPolicy };
}

const Health = z.object({
  status: z.string(),
  checks: z.record(z.string(), z.string()).optional(),
  erasures: z.string().optional(),
});

/** Checks the liveness probe. */
export async function checkHealth(url: string) {
  const { status } = healthIn(await fetchResponse(`${url}/healthz`));
  return `alive (${status})`;
}

const DOWN: Record<string, string> = {
  database:
    'database: check DATABASE_URL, DATABASE_SECRET, and that it runs and accepts connections of the API.',
  bucket: 'bucket: check PHOTO_BUCKET, S3_ENDPOINT, and the permissions of the API on it.',
  imageApi: 'image API: check IMAGE_API_URL, and that the API gateway exists.',
};

const DELAYED =
  'Deletions fail: see the log of the API ("A photo could not be erased"). Often the cause is its permissions on the bucket.';

/** Checks the readiness probe: all dependencies are reachable, and deletions are on time. */
export async function checkReady(url: string) {
  const { checks = {}, erasures } = healthIn(await fetchResponse(`${url}/readyz`));
  const down = Object.keys(checks).filter((part) => checks[part] !== 'ok');
  if (down.length === 0 && erasures === 'delayed') {
    throw new CheckFailed('deleted photos are still in the bucket', DELAYED);
  }
  if (down.length === 0) return `${Object.keys(checks).join(', ')}: reachable`;
  const advice = down.map((part) => DOWN[part] ?? `${part}: see the log of the API.`);
  throw new CheckFailed(`${down.join(', ')}: down`, advice.join(' '));
}

/** On AWS only the load balancer can reach the probes; other clients get the web app. */
function healthIn(response: HttpResponse) {
  const health = Health.safeParse(jsonOf(response));
  if (health.success) return health.data;
  throw new NotChecked('only the load balancer can reach it');
}

/** Checks that callbacks reach the API, which rejects unsigned ones. */
export async function checkCallbackRoute(url: string) {
  const { status } = await fetchResponse(url + CALLBACK_PATH, { method: 'POST', body: '{}' });
  if (status === 401) return 'rejects unsigned callbacks';
  if (status < 300) {
    throw new CheckFailed(
      `responds ${status} to an unsigned callback`,
      `Check that ${CALLBACK_PATH} is routed to the API.`,
    );
  }
  throw new CheckFailed(
    `responds ${status} instead of 401 to an unsigned callback`,
    `Callbacks do not reach the API: check that ${CALLBACK_PATH} is routed to it, with POST and body.`,
  );
}
