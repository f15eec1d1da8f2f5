import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { getDistDirectory, isSandboxFrame, renderAltair, SANDBOX_FRAME_CSP } from 'altair-static';
import type { FastifyInstance } from 'fastify';
import { API_PATHS } from '../../../contract/routes.ts';
import { sendNothing } from '../../graphql/errors.ts';

/** Example operations, shared with the README and the tests. */
const OPERATIONS = join(
  dirname(findPackageJSON('.', import.meta.url) ?? ''),
  'schema',
  'operations',
);

const BASE_PATH = `${API_PATHS.playground}/`;

/** Altair uses inline scripts and styles, compiles its users' scripts, and connects only to this server. */
const PAGE_CSP =
  "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self' data: blob:; " +
  "frame-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'none'";

/** Stores the token after a sign-in; every tab sends it. */
const KEEP_TOKEN = `const { signIn } = JSON.parse(altair.response.body).data ?? {};
if (signIn) altair.helpers.setEnvironment('token', signIn.token, true);`;

/** Serves Altair at `/playground`, entirely from this server: it works offline, without third-party requests. */
export async function addPlayground(server: FastifyInstance) {
  const examples = await readExamples();
  const page = renderAltair({
    baseURL: BASE_PATH,
    endpointURL: API_PATHS.graphql,
    // Uploads require a header that other origins cannot send without a preflight.
    initialHeaders: { 'apollo-require-preflight': 'true' },
    initialAuthorization: { type: 'bearer', data: { token: '{{token}}' } },
    initialEnvironments: {
      activeSubEnvironment: 'session',
      subEnvironments: [{ id: 'session', title: 'Session', variables: { token: '' } }],
    },
    initialWindows: examples,
    // The browser stores the tabs; a new fingerprint makes it load changed examples.
    instanceStorageNamespace: `portrait_${fingerprint(examples)}_`,
    initialSettings: {
      'banners.disable': true,
      'alert.disableUpdateNotification': true,
      'schema.reloadOnStart': true,
    },
    disableAccount: true,
  });

  const headers = { 'content-security-policy': PAGE_CSP };

  server.get(API_PATHS.playground, (_request, reply) => reply.redirect(BASE_PATH));
  server.get(BASE_PATH, (_request, reply) => reply.headers(headers).type('text/html').send(page));
  await server.register(
    async (scope) => {
      // Its missing files are not pages of the web app.
      scope.setNotFoundHandler(sendNothing);
      await scope.register(fastifyStatic, {
        root: getDistDirectory(),
        index: false,
        decorateReply: false,
        setHeaders(reply, path) {
          // Its frames run scripts of any page that embeds them, so they must not have the rights of our origin.
          const isFrame = isSandboxFrame(path);
          reply.header('content-security-policy', isFrame ? SANDBOX_FRAME_CSP : PAGE_CSP);
        },
      });
    },
    { prefix: BASE_PATH },
  );
}

/** Each file is a tab: its name, its operation, and variables from the `# {…}` line at its top. */
async function readExamples() {
  const files = (await readdir(OPERATIONS)).filter((file) => file.endsWith('.graphql')).sort();
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(OPERATIONS, file), 'utf8');
      const [line = '', variables = '{}'] = text.match(/^# (\{.*\})\n/) ?? [];
      return {
        initialName: file.replace('.graphql', '').replaceAll('-', ' '),
        initialQuery: text.slice(line.length),
        initialVariables: JSON.stringify(JSON.parse(variables), null, 2),
        ...(text.includes(' signIn(') && { initialPostRequestScript: KEEP_TOKEN }),
      };
    }),
  );
}

const fingerprint = (examples: object) =>
  createHash('sha256').update(JSON.stringify(examples)).digest('hex').slice(0, 8);
