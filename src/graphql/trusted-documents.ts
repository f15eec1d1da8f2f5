import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { PublicError } from '../errors.ts';

/** Trusted documents: the accepted operations, by the SHA-256 of their text (ADR 0012). */
export type Allowlist = ReadonlyMap<string, string>;

const SHA256 = /^[0-9a-f]{64}$/;
const Documents = z.record(z.string().regex(SHA256), z.string());

/**
 * Reads the allowlist from the file in OPERATIONS.
 *
 * @throws Error with one line that describes the problem
 */
export async function readAllowlist(path: string): Promise<Allowlist> {
  try {
    const documents = Documents.parse(JSON.parse(await readFile(path, 'utf8')));
    const allowlist = new Map(Object.entries(documents));
    for (const [hash, document] of allowlist) {
      if (hashOf(document) !== hash) throw new Error(`${hash} is the SHA-256 of another text`);
    }
    return allowlist;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    const advice = 'It must be JSON of SHA-256 and text, as npm run operations writes it.';
    throw new Error(`OPERATIONS: ${path} cannot be used: ${reason}. ${advice}`, { cause });
  }
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** How a request identifies its operation: text, hash or both. */
interface OperationRequest {
  query?: unknown;
  extensions?: unknown;
  operationName?: unknown;
}

/** Identifies an operation by hash, as in Apollo's automatic persisted queries. */
const Persisted = z.object({
  persistedQuery: z.object({ version: z.literal(1), sha256Hash: z.string().regex(SHA256) }),
});

/**
 * Returns the text of an operation, if the request or the allowlist contains it.
 *
 * @param allowlist undefined: any operation is accepted
 * @throws PublicError FORBIDDEN for an operation that is not on the allowlist, BAD_USER_INPUT for an invalid or wrong hash
 */
export function requireAllowed(
  allowlist: Allowlist | undefined,
  { query, extensions }: OperationRequest,
) {
  const text = typeof query === 'string' && query !== '' ? query : undefined;
  const hash = readHash(extensions);
  if (hash && text && hashOf(text) !== hash) throw badHash('is that of another text');
  if (!allowlist || (!hash && !text)) return text;
  const known = allowlist.get(hash ?? hashOf(text ?? ''));
  if (known !== undefined) return known;
  throw new PublicError('FORBIDDEN', 'This operation is not on the allowlist of this service.');
}

function readHash(extensions: unknown): string | undefined {
  if (!(Object(extensions) as { persistedQuery?: unknown }).persistedQuery) return undefined;
  const read = Persisted.safeParse(extensions);
  if (!read.success) throw badHash('must be {"version": 1, "sha256Hash": "<64 hex digits>"}');
  return read.data.persistedQuery.sha256Hash;
}

const badHash = (problem: string) =>
  new PublicError('BAD_USER_INPUT', `extensions.persistedQuery ${problem}.`);

/**
 * Reads the operation of a request before Apollo does, which reports an invalid hash as an internal error.
 *
 * @throws PublicError BAD_USER_INPUT
 */
export function readOperationRequest(request: FastifyRequest): OperationRequest {
  if (Array.isArray(request.body)) {
    const message = 'Batches are not accepted. Send one operation in a request.';
    throw new PublicError('BAD_USER_INPUT', message);
  }
  return request.method === 'GET' ? readQueryString(request) : Object(request.body);
}

function readQueryString(request: FastifyRequest): OperationRequest {
  const { extensions, ...parameters } = Object(request.query) as Record<string, unknown>;
  if (typeof extensions !== 'string') return parameters;
  try {
    return { ...parameters, extensions: JSON.parse(extensions) };
  } catch {
    throw new PublicError('BAD_USER_INPUT', 'extensions is not valid JSON.');
  }
}

/** Apollo's cache of persisted queries: the allowlist, read-only. */
export const allowlistCache = (allowlist: Allowlist) => ({
  // Keys have the prefix `apq:`.
  get: async (key: string) => allowlist.get(key.slice(key.indexOf(':') + 1)),
  async set() {},
  async delete() {},
});
