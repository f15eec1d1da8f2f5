import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { AppConfig } from '../../config.ts';
import { sendNothing } from '../../graphql/errors.ts';

/** Paths of the API: what is not found at or below them is an error, never the web app. */
const RESERVED = ['graphql', 'callbacks', 'image', 'playground', 'healthz', 'readyz', 'assets'];

/** Names of built files carry a hash of what is in them. */
const HASHED = 'public, max-age=31536000, immutable';
const ASK_AGAIN = 'no-cache';

/**
 * The page that people use, at `/`, and the one small file that tells it where everything is. On AWS both come from
 * the bucket behind the CDN instead, with a `config.json` and these headers as the infrastructure writes them.
 *
 * @param folder of the built page
 */
export async function addPage(server: FastifyInstance, config: AppConfig, folder: string) {
  const headers = pageHeaders(config);

  server.get('/config.json', (_request, reply) =>
    reply.headers({ ...headers, 'cache-control': ASK_AGAIN }).send(pageConfig(config)),
  );
  await server.register(fastifyStatic, {
    root: folder,
    // Routes are made for the files that are there: everything else is nobody's yet.
    wildcard: false,
    // Answered above, with what is set here.
    globIgnore: ['config.json'],
    cacheControl: false,
    setHeaders(reply, path) {
      const isHashed = path.includes('/assets/');
      reply.headers({ ...headers, 'cache-control': isHashed ? HASHED : ASK_AGAIN });
    },
  });

  // Routes of their own, as the router decodes a path before it compares it.
  for (const path of RESERVED.flatMap((name) => [`/${name}`, `/${name}/*`])) {
    if (!server.hasRoute({ method: 'GET', url: path })) server.get(path, sendNothing);
  }
  // The web app routes by itself: a bookmark names no file.
  server.setNotFoundHandler((request, reply: FastifyReply) => {
    const wantsPage = request.method === 'GET' && request.headers.accept?.includes('text/html');
    return wantsPage ? reply.sendFile('index.html') : sendNothing(request, reply);
  });
}

/** What `config.json` says; the page is built once for all environments. */
export const pageConfig = ({ signUp, identityProvider }: AppConfig) => ({
  /** Addresses, absolute or from the page's own. Subscriptions go there by WebSocket. */
  graphql: '/graphql',
  subscriptions: '/graphql',
  signIn: identityProvider ? 'provider' : 'password',
  signUp,
});

/**
 * The page runs its own scripts and styles, shows photos of the bucket, and sends photos there: nothing else, nowhere else.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html
 */
export function pageHeaders({ photoUrl, uploadUrl, s3Endpoint, region, bucket }: AppConfig) {
  const photos = new URL(photoUrl).origin;
  // Where S3 takes forms: the address with the bucket in front, unless it is another S3.
  const amazon = `https://${bucket}.s3.${region}.amazonaws.com`;
  const forms = uploadUrl ?? s3Endpoint;
  const uploads = forms ? new URL(forms).origin : amazon;
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': `'self' data: blob: ${photos}`,
    'connect-src': `'self' ${uploads}`,
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map(([name, value]) => `${name} ${value}`)
      .join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
  };
}
