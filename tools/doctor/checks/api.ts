import { z } from 'zod';
import { CALLBACK_PATH } from '../../../contract/routes.ts';
import { openApi } from '../graphql.ts';
import { type Answer, ask, jsonOf } from '../http.ts';
import { Cross, NotChecked } from '../report.ts';

export interface Policy {
  sizes: number[];
  formats: string[];
}

/** Whether GraphQL answers; with what it makes of a photo. */
export async function checkApi(url: string) {
  const began = Date.now();
  const { uploadPolicy } = await openApi(url).query<{ uploadPolicy: Policy }>(
    '{ uploadPolicy { sizes formats } }',
  );
  return { fact: `answers in ${Date.now() - began} ms`, policy: uploadPolicy };
}

const Health = z.object({
  status: z.string(),
  checks: z.record(z.string(), z.string()).optional(),
  erasures: z.string().optional(),
});

/** Whether the process says that it lives. */
export async function checkHealth(url: string) {
  const { status } = healthIn(await ask(`${url}/healthz`));
  return `the process is alive (${status})`;
}

const DOWN: Record<string, string> = {
  database: 'database: see DATABASE_URL, DATABASE_SECRET, and whether it runs and lets the API in.',
  bucket: 'bucket: see PHOTO_BUCKET, S3_ENDPOINT, and the rights of the API on it.',
  imageApi: 'image API: see IMAGE_API_URL, and whether the gateway stands.',
};

const DELAYED =
  'Erasures fail: the log of the API says why ("A photo could not be erased"); often its rights on the bucket.';

/** Whether it has all that it depends on, and erases what was deleted. */
export async function checkReady(url: string) {
  const { checks = {}, erasures } = healthIn(await ask(`${url}/readyz`));
  const down = Object.keys(checks).filter((part) => checks[part] !== 'ok');
  if (down.length === 0 && erasures === 'delayed') {
    throw new Cross('deleted photos are still in the bucket', DELAYED);
  }
  if (down.length === 0) return `${Object.keys(checks).join(', ')}: all there`;
  const advice = down.map((part) => DOWN[part] ?? `${part}: see the log of the API.`);
  throw new Cross(`${down.join(', ')}: down`, advice.join(' '));
}

/** On AWS these answers are for the load balancer alone; whoever asks from outside gets the page. */
function healthIn(answer: Answer) {
  const health = Health.safeParse(jsonOf(answer));
  if (health.success) return health.data;
  throw new NotChecked('only the load balancer can ask');
}

/** Whether callbacks reach the API, and those that nobody signed go no further. */
export async function checkForgery(url: string) {
  const { status } = await ask(url + CALLBACK_PATH, { method: 'POST', body: '{}' });
  if (status === 401) return 'an unsigned one is refused';
  if (status < 300) {
    throw new Cross(
      `an unsigned one is answered ${status}`,
      `See that ${CALLBACK_PATH} is the API's.`,
    );
  }
  throw new Cross(
    `an unsigned one is answered ${status} instead of 401`,
    `Callbacks do not reach the API: see that ${CALLBACK_PATH} is handed on to it, POST and body.`,
  );
}
