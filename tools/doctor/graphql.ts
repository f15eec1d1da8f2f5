import { fetchResponse, jsonOf } from './http.ts';
import { CheckFailed } from './report.ts';

/** What to do about errors that are not the client's fault, by code. */
const ADVICE: Record<string, string> = {
  PROCESSING_UNAVAILABLE:
    'The API cannot reach the image API. Check IMAGE_API_URL, the log of the image function, and that the API may call it (execute-api:Invoke).',
  PROCESSING_FAILED:
    'The image function failed: see its log. Often the cause is PHOTO_BUCKET, or its permissions on that bucket.',
  INTERNAL_SERVER_ERROR: 'The API failed: see its log.',
  TOO_MANY_REQUESTS: 'Wait a minute and try again.',
};

/** A GraphQL error of the API, with its code. */
export class ApiError extends CheckFailed {
  override name = 'ApiError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`, ADVICE[code] ?? 'See the error table in the documentation.');
    this.code = code;
  }
}

export type Api = ReturnType<typeof openApi>;

/** GraphQL client of the API. @param token of a user; without one, requests are anonymous */
export function openApi(url: string, token?: string) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function send<Data>(headers: Record<string, string>, body: string | FormData) {
    const init = { method: 'POST', headers: { ...headers, ...authorization }, body };
    const response = await fetchResponse(`${url}/graphql`, init);
    const result = jsonOf(response) as { data?: Data; errors?: GraphQLError[] } | undefined;
    const [error] = result?.errors ?? [];
    if (error) throw new ApiError(error.extensions?.code ?? 'UNKNOWN', error.message);
    if (result?.data) return result.data;
    throw new CheckFailed(
      `${url}/graphql responds ${response.status}, without GraphQL`,
      response.status >= 500
        ? 'No API is running there: see its log, on AWS also the targets of the load balancer.'
        : 'Set --url to the address of Portrait; on AWS, check that /graphql is routed to the API.',
    );
  }

  return {
    /** @throws ApiError */
    query: <Data>(query: string, variables: object = {}): Promise<Data> =>
      send({ 'content-type': 'application/json' }, JSON.stringify({ query, variables })),

    /** Uploads a file as the variable `file`. @throws ApiError */
    upload<Data>(query: string, file: Uint8Array<ArrayBuffer>): Promise<Data> {
      const form = new FormData();
      form.append('operations', JSON.stringify({ query, variables: { file: null } }));
      form.append('map', JSON.stringify({ 0: ['variables.file'] }));
      form.append('0', new Blob([file], { type: 'image/png' }), 'doctor.png');
      return send({ 'apollo-require-preflight': 'true' }, form);
    },
  };
}

interface GraphQLError {
  message: string;
  extensions?: { code?: string };
}
