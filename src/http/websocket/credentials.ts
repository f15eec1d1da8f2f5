import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';

const Params = z.record(z.string(), z.unknown());

/**
 * The credentials of a WebSocket, from where clients put them: the payload of `connection_init`, its `headers`, or the
 * Authorization header of the upgrade request, which browsers cannot set. Names are case-insensitive, as in HTTP.
 */
export const readAuthorization = (params: unknown, headers: IncomingHttpHeaders) =>
  fieldOf(params, 'authorization') ??
  fieldOf(entryOf(params, 'headers'), 'authorization') ??
  headers.authorization;

function fieldOf(params: unknown, name: string): string | undefined {
  const value = entryOf(params, name);
  return typeof value === 'string' ? value : undefined;
}

function entryOf(params: unknown, name: string): unknown {
  const entries = Object.entries(Params.safeParse(params).data ?? {});
  return entries.find(([key]) => key.toLowerCase() === name)?.[1];
}
