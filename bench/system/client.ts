/** ms without a response after which a request counts as broken. */
const REQUEST_TIMEOUT_MS = 40_000;

/** Counts of requests: responses by code (`OK` without errors), and requests without a response. */
export interface RequestCounts {
  answers: Map<string, number>;
  /** Responses by the first field. */
  fields: Map<string, number>;
  /** Requests without a response. */
  broken: number;
  /** Response times by the first field, ms. */
  times: Map<string, number[]>;
}

export const newCounts = (): RequestCounts => ({
  answers: new Map(),
  fields: new Map(),
  broken: 0,
  times: new Map(),
});

export interface Answer {
  /** Code of the first error, `OK` without errors, `BROKEN` without a response. */
  code: string;
  // biome-ignore lint/suspicious/noExplicitAny: callers know the type of their query's result
  data: any;
}

export type Call = Awaited<ReturnType<typeof createClient>>;

/** GraphQL client that counts responses and measures their times. */
export function createClient(url: string, counts: RequestCounts) {
  async function post(body: string | FormData, token?: string): Promise<Answer> {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        body,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        headers: {
          ...(typeof body === 'string'
            ? { 'content-type': 'application/json' }
            : { 'apollo-require-preflight': 'true' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
      });
      const { data, errors } = (await response.json()) as {
        data: unknown;
        errors?: { extensions: { code: string } }[];
      };
      return { data, code: errors?.[0]?.extensions.code ?? 'OK' };
    } catch {
      return { data: undefined, code: 'BROKEN' };
    }
  }

  return async (
    field: string,
    operation: {
      query: string;
      variables?: object;
      file?: Uint8Array<ArrayBuffer>;
      token?: string;
    },
  ): Promise<Answer> => {
    const begun = performance.now();
    const answer = await post(bodyOf(operation), operation.token);
    const times = counts.times.get(field) ?? [];
    times.push(performance.now() - begun);
    counts.times.set(field, times);
    counts.answers.set(answer.code, (counts.answers.get(answer.code) ?? 0) + 1);
    if (answer.code === 'BROKEN') counts.broken++;
    else counts.fields.set(field, (counts.fields.get(field) ?? 0) + 1);
    return answer;
  };
}

function bodyOf({ query, variables = {}, file }: Parameters<Call>[1]) {
  if (!file) return JSON.stringify({ query, variables });
  const form = new FormData();
  form.append('operations', JSON.stringify({ query, variables: { ...variables, file: null } }));
  form.append('map', '{"0":["variables.file"]}');
  form.append('0', new Blob([file]), 'photo.jpg');
  return form;
}
