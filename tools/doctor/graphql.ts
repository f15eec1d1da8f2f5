import { ask, jsonOf } from './http.ts';
import { Cross } from './report.ts';

/** What to do about an error that is not the caller's, by its code. */
const ADVICE: Record<string, string> = {
  PROCESSING_UNAVAILABLE:
    'The API does not reach the image API: see IMAGE_API_URL, whether the function behind it lives (its log), and whether the API may call it (execute-api:Invoke).',
  PROCESSING_FAILED:
    'The image function failed: its log says why. Often PHOTO_BUCKET, or its rights on that bucket.',
  INTERNAL_SERVER_ERROR: 'The API failed: its log says why.',
  TOO_MANY_REQUESTS: 'Wait a minute and try again.',
};

/** An error of the API, with its code. */
export class Refusal extends Cross {
  override name = 'Refusal';
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`, ADVICE[code] ?? 'See the table of errors in the README.');
    this.code = code;
  }
}

/** The product's API as one of its users calls it. */
export type Api = ReturnType<typeof openApi>;

/** Speaks GraphQL with the API, as somebody or as a visitor. */
export function openApi(url: string, token?: string) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function send<Data>(headers: Record<string, string>, body: string | FormData) {
    const init = { method: 'POST', headers: { ...headers, ...authorization }, body };
    const answer = await ask(`${url}/graphql`, init);
    const said = jsonOf(answer) as { data?: Data; errors?: Failure[] } | undefined;
    const [error] = said?.errors ?? [];
    if (error) throw new Refusal(error.extensions?.code ?? 'UNKNOWN', error.message);
    if (said?.data) return said.data;
    throw new Cross(
      `${url}/graphql answers ${answer.status}, which is not GraphQL`,
      answer.status >= 500
        ? 'No API stands behind that address: see its log, on AWS also the targets of the load balancer.'
        : 'Name the address of Portrait with --url; on AWS, see that /graphql goes to the API.',
    );
  }

  return {
    /** @throws Refusal */
    query: <Data>(query: string, variables: object = {}): Promise<Data> =>
      send({ 'content-type': 'application/json' }, JSON.stringify({ query, variables })),

    /** Sends a file as the variable `file`. @throws Refusal */
    upload<Data>(query: string, file: Uint8Array<ArrayBuffer>): Promise<Data> {
      const form = new FormData();
      form.append('operations', JSON.stringify({ query, variables: { file: null } }));
      form.append('map', JSON.stringify({ 0: ['variables.file'] }));
      form.append('0', new Blob([file], { type: 'image/png' }), 'doctor.png');
      return send({ 'apollo-require-preflight': 'true' }, form);
    },
  };
}

interface Failure {
  message: string;
  extensions?: { code?: string };
}
