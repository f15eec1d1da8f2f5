/** A GraphQL error of the API, with its code; UNREACHABLE if there is no response. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface GraphQLResponse {
  // biome-ignore lint/suspicious/noExplicitAny: callers know the type of their query's result
  data?: any;
  errors?: { message: string; extensions: { code: string } }[];
}

/** GraphQL client of Portrait. @param token of a user; without one, requests are anonymous */
export function openApi(url: string, token?: string) {
  const authorization = token ? { authorization: `Bearer ${token}` } : undefined;
  const post = async (body: string | FormData, headers: Record<string, string>) => {
    const init = { method: 'POST', body, headers: { ...headers, ...authorization } };
    const response = await fetch(`${url}/graphql`, init).catch((cause: unknown) => {
      throw new ApiError('UNREACHABLE', `${url} does not respond: ${cause}`);
    });
    const { data, errors } = (await response.json()) as GraphQLResponse;
    const [error] = errors ?? [];
    if (error) throw new ApiError(error.extensions.code, error.message);
    return data;
  };

  return {
    query: (query: string, variables: object = {}) =>
      post(JSON.stringify({ query, variables }), { 'content-type': 'application/json' }),
    /**
     * Uploads a file as the variable `file`.
     *
     * @see https://github.com/jaydenseric/graphql-multipart-request-spec
     */
    upload(query: string, file: Blob, variables: object) {
      const form = new FormData();
      form.append('operations', JSON.stringify({ query, variables: { ...variables, file: null } }));
      form.append('map', '{"0": ["variables.file"]}');
      form.append('0', file, 'portrait.png');
      return post(form, { 'apollo-require-preflight': 'true' });
    },
  };
}
export type Api = ReturnType<typeof openApi>;
