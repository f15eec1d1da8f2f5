/** Serves the web app with hot reload, and proxies the API's paths to the API. */
import { join } from 'node:path';
import { env, stdout } from 'node:process';
import { createServer } from 'vite';

/** Paths of the API. */
const PATHS = ['/graphql', '/config.json', '/playground'];

export async function serveWebApp() {
  const target = `http://127.0.0.1:${env.PORT || 4000}`;
  const server = await createServer({
    configFile: join(import.meta.dirname, 'vite.config.mjs'),
    server: { proxy: Object.fromEntries(PATHS.map((path) => [path, { target, ws: true }])) },
  });
  await server.listen();
  stdout.write(`Web app with hot reload: ${server.resolvedUrls?.local[0]}\n`);
}
