/** ms; whoever hears nothing for so long has no answer. */
const PATIENCE = 40_000;

/** What became of requests: answers by their code (`OK` of those without errors), and how many had no answer. */
export interface Tally {
  answers: Map<string, number>;
  /** By the first field, since the last `clear`. */
  fields: Map<string, number>;
  broken: number;
  /** ms of each, by what was asked. */
  times: Map<string, number[]>;
}

export const newTally = (): Tally => ({
  answers: new Map(),
  fields: new Map(),
  broken: 0,
  times: new Map(),
});

export interface Answer {
  /** The code of the first error, `OK` without errors, `BROKEN` when no answer came. */
  code: string;
  // biome-ignore lint/suspicious/noExplicitAny: who asks knows what for
  data: any;
}

export type Call = Awaited<ReturnType<typeof callerOf>>;

/** Asks the API, and keeps count of what it hears. */
export function callerOf(url: string, tally: Tally) {
  async function post(body: string | FormData, token?: string): Promise<Answer> {
    try {
      const answer = await fetch(`${url}/graphql`, {
        ...{ method: 'POST', body, signal: AbortSignal.timeout(PATIENCE) },
        headers: {
          ...(typeof body === 'string'
            ? { 'content-type': 'application/json' }
            : { 'apollo-require-preflight': 'true' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
      });
      const { data, errors } = (await answer.json()) as {
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
    asked: { query: string; variables?: object; file?: Uint8Array<ArrayBuffer>; token?: string },
  ): Promise<Answer> => {
    const begun = performance.now();
    const answer = await post(bodyOf(asked), asked.token);
    const times = tally.times.get(field) ?? [];
    times.push(performance.now() - begun);
    tally.times.set(field, times);
    tally.answers.set(answer.code, (tally.answers.get(answer.code) ?? 0) + 1);
    if (answer.code === 'BROKEN') tally.broken++;
    else tally.fields.set(field, (tally.fields.get(field) ?? 0) + 1);
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
