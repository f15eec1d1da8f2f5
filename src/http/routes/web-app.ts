import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { AppConfig } from '../../config.ts';
import { sendNothing } from '../../graphql/errors.ts';

/** Paths of the API: an unknown path at or below them is an error, never the web app. */
const RESERVED = ['graphql', 'callbacks', 'image', 'playground', 'healthz', 'readyz', 'assets'];

/** Names of built files contain a hash of their content. */
const HASHED = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/**
 * Serves the web app at `/` and its `config.json`. On AWS both come from the bucket behind the CDN instead, with a
 * `config.json` and headers set by the infrastructure.
 *
 * @param folder directory of the built web app
 */
export async function addPage(server: FastifyInstance, config: AppConfig, folder: string) {
  const headers = pageHeaders(config);

  server.get('/config.json', (_request, reply) =>
    reply.headers({ ...headers, 'cache-control': REVALIDATE }).send(pageConfig(config)),
  );
  await server.register(fastifyStatic, {
    root: folder,
    // Creates a route per existing file; other paths stay free.
    wildcard: false,
    // Served above.
    globIgnore: ['config.json'],
    cacheControl: false,
    setHeaders(reply, path) {
      const isHashed = path.includes('/assets/');
      reply.headers({ ...headers, 'cache-control': isHashed ? HASHED : REVALIDATE });
    },
  });

  // Routes of their own, as the router decodes a path before it compares it.
  for (const path of RESERVED.flatMap((name) => [`/${name}`, `/${name}/*`])) {
    if (!server.hasRoute({ method: 'GET', url: path })) server.get(path, sendNothing);
  }
  // The web app routes on the client: its URLs are not files.
  server.setNotFoundHandler((request, reply: FastifyReply) => {
    const wantsPage = request.method === 'GET' && request.headers.accept?.includes('text/html');
    return wantsPage ? reply.sendFile('index.html') : sendNothing(request, reply);
  });
}

/** Content of `config.json`; the web app is built once for all environments. */
export const pageConfig = ({ signUp, identityProvider }: AppConfig) => ({
  /** URLs, absolute or relative to the web app. Subscriptions use WebSocket. */
  graphql: '/graphql',
  subscriptions: '/graphql',
  signIn: identityProvider ? 'provider' : 'password',
  signUp,
});

/**
 * Allows the web app to run its own scripts and styles, and to show photos from and upload photos to the bucket; nothing else.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html
 */
export function pageHeaders({ photoUrl, uploadUrl, s3Endpoint, region, bucket }: AppConfig) {
  const photos = new URL(photoUrl).origin;
  // Virtual-hosted URL for presigned POSTs, unless another S3 endpoint is configured.
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
