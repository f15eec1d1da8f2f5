/** The page as it is being written: every change is seen at once, in front of the API that runs beside it. */
import { join } from 'node:path';
import { env, stdout } from 'node:process';
import { createServer } from 'vite';

/** What the API answers. */
const PATHS = ['/graphql', '/config.json', '/playground'];

export async function serveWebApp() {
  const target = `http://127.0.0.1:${env.PORT || 4000}`;
  const server = await createServer({
    configFile: join(import.meta.dirname, 'vite.config.mjs'),
    server: { proxy: Object.fromEntries(PATHS.map((path) => [path, { target, ws: true }])) },
  });
  await server.listen();
  stdout.write(`The page, shown anew with every change: ${server.resolvedUrls?.local[0]}\n`);
}
