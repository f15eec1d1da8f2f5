import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { WEB_APP_HEADERS, webAppConfig, webAppPolicy } from '../../../contract/web-app.ts';
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
export async function addWebApp(server: FastifyInstance, config: AppConfig, folder: string) {
  const headers = webAppHeaders(config);

  server.get('/config.json', (_request, reply) =>
    reply
      .headers({ ...headers, 'cache-control': REVALIDATE })
      .send(webAppConfig(config.identityProvider, config.signUp)),
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

  // As routes, because the router decodes a path before it compares it.
  for (const path of RESERVED.flatMap((name) => [`/${name}`, `/${name}/*`])) {
    if (!server.hasRoute({ method: 'GET', url: path })) server.get(path, sendNothing);
  }
  // The web app routes on the client: its URLs are not files.
  server.setNotFoundHandler((request, reply: FastifyReply) => {
    const wantsHtml = request.method === 'GET' && request.headers.accept?.includes('text/html');
    return wantsHtml ? reply.sendFile('index.html') : sendNothing(request, reply);
  });
}

export function webAppHeaders({ photoUrl, uploadUrl, s3Endpoint, region, bucket }: AppConfig) {
  // Virtual-hosted URL for presigned POSTs, unless another S3 endpoint is configured.
  const amazon = `https://${bucket}.s3.${region}.amazonaws.com`;
  return {
    ...WEB_APP_HEADERS,
    'content-security-policy': webAppPolicy({
      photos: new URL(photoUrl).origin,
      uploads: new URL(uploadUrl ?? s3Endpoint ?? amazon).origin,
    }),
    'x-content-type-options': 'nosniff',
  };
}
