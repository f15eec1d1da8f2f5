/** What the API answers when it refuses. */
export class Refused extends Error {
  override name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: each caller reads what it asked for
  data?: any;
  errors?: { message: string; extensions: { code: string } }[];
}

/** Speaks GraphQL to a Portrait, as whoever the token speaks for. */
export function openApi(url: string, token?: string) {
  const authorization = token ? { authorization: `Bearer ${token}` } : undefined;
  const post = async (body: string | FormData, headers: Record<string, string>) => {
    const sent = { method: 'POST', body, headers: { ...headers, ...authorization } };
    const answer = await fetch(`${url}/graphql`, sent).catch((cause: unknown) => {
      throw new Refused('UNREACHABLE', `Nothing answers at ${url}: ${cause}`);
    });
    const { data, errors } = (await answer.json()) as Answer;
    const [error] = errors ?? [];
    if (error) throw new Refused(error.extensions.code, error.message);
    return data;
  };

  return {
    ask: (query: string, variables: object = {}) =>
      post(JSON.stringify({ query, variables }), { 'content-type': 'application/json' }),
    /** Sends a file as the variable `file`, after the GraphQL multipart request specification. */
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
