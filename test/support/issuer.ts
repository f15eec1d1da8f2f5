import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Key = Awaited<ReturnType<typeof makeKey>>;
export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** What our product is called at the issuer. */
export const AUDIENCE = 'portrait-of-the-tests';

/** Tokens are issued a while ago, so that what a test does now comes after. */
const AGE_SECONDS = 60;
export const now = () => Math.floor(Date.now() / 1000);

/** An OpenID provider on this machine: it publishes its configuration and keys, and issues whatever a test wants. */
export async function startIssuer() {
  let keys = [await makeKey('RS256')];
  let [server, port] = await listen(answer, 0);
  const url = `http://127.0.0.1:${port}/realms/people`;
  /** Answers instead of the published documents, by their path; for one that is not well. */
  const overrides = new Map<string, RequestListener>();
  const requests: string[] = [];

  function answer(...[request, response]: Parameters<RequestListener>) {
    const path = request.url?.replace('/realms/people', '') ?? '';
    requests.push(path);
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/keys': { keys: keys.map(({ jwk }) => jwk) },
    };
    const unwell = overrides.get(path);
    if (unwell) return unwell(request, response);
    response.writeHead(path in documents ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(documents[path]));
  }

  return {
    url,
    /** The settings of a product that trusts this issuer. */
    env: { AUTH_ISSUER: url, AUTH_AUDIENCE: AUDIENCE },
    overrides,
    /** Paths that were asked for. */
    requests,
    /** A token about a person; claims that are `undefined` are left out of it. */
    token: (claims: Record<string, unknown>, key = keys[0] as Key) =>
      sign({ ...standardClaims(url), ...claims }, key),
    /** The one public key, as text. */
    publicKey: () => exportSPKI((keys[0] as Key).publicKey),
    /** Publishes another key instead of those before. */
    async rotate(alg: 'RS256' | 'ES256' = 'RS256') {
      keys = [await makeKey(alg)];
    },
    /** Publishes another key beside those before. */
    async add(alg: 'RS256' | 'ES256') {
      const key = await makeKey(alg);
      keys.push(key);
      return key;
    },
    /** From now on nobody answers at all. */
    stop: () => close(server),
    async restart() {
      if (!server.listening) [server] = await listen(answer, port);
    },
    close: () => close(server),
  };
}

const standardClaims = (iss: string) => ({
  iss,
  aud: AUDIENCE,
  iat: now() - AGE_SECONDS,
  exp: now() + 3600,
});

/** A key that the issuer may or may not publish. */
export async function makeKey(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const kid = crypto.randomUUID();
  return { alg, kid, publicKey, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

const sign = (claims: JWTPayload, { alg, kid, privateKey }: Key) =>
  new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);

async function listen(answer: RequestListener, port: number): Promise<[Server, number]> {
  const server = createServer(answer).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return [server, (server.address() as AddressInfo).port];
}

async function close(server: Server) {
  if (!server.listening) return;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
