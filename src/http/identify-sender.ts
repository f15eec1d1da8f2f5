import type { FastifyRequest } from 'fastify';
import type { Authenticator } from '../auth/authenticator.ts';
import { PublicError } from '../errors.ts';
import type { Context } from '../graphql/context.ts';

/** The sender of a request: a viewer, nobody, or the reason why the token was rejected. */
type Sender = Pick<Context, 'viewer' | 'refusal'>;

const known = new WeakMap<FastifyRequest, Promise<Sender>>();

/** The sender of a request; not authenticated again if `identifyEarly` has done it. */
export const identifySender = (authenticator: Authenticator, request: FastifyRequest) =>
  known.get(request) ?? identify(authenticator, request.headers.authorization);

/** Authenticates the sender of a request before its body is read. */
export function identifyEarly(
  authenticator: Authenticator,
  request: FastifyRequest,
): Promise<Sender> {
  const sender = identifySender(authenticator, request);
  known.set(request, sender);
  return sender;
}

/**
 * Reads the Authorization header. A rejected token is not an error yet: it becomes one where a viewer is required.
 *
 * @throws when the token could not be verified, such as while the database is unavailable
 */
export async function identify(authenticator: Authenticator, authorization = ''): Promise<Sender> {
  const anonymous = { viewer: undefined, refusal: undefined };
  const token = authorization.match(/^Bearer +(\S+)$/i)?.[1];
  if (!token) {
    return BARE_TOKEN.test(authorization) ? { ...anonymous, refusal: schemeMissing() } : anonymous;
  }
  try {
    return { ...anonymous, viewer: await authenticator.authenticate(token) };
  } catch (error) {
    if (!(error instanceof PublicError)) throw error;
    return { ...anonymous, refusal: error };
  }
}

/** A JWT without `Bearer`, a frequent mistake. Other schemes are ignored: they may belong to a proxy. */
const BARE_TOKEN = /^\s*[\w-]+\.[\w-]+\.[\w-]+\s*$/;

const schemeMissing = () =>
  new PublicError(
    'UNAUTHENTICATED',
    'The token was sent without its scheme. Send it as "Authorization: Bearer …".',
  );
