import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

type Key = Awaited<ReturnType<typeof makeKey>>;
export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** Audience of the product at the issuer. */
export const AUDIENCE = 'portrait-of-the-tests';

/** Age of issued tokens, so that changes made by a test are later than the token. */
const AGE_SECONDS = 60;
export const now = () => Math.floor(Date.now() / 1000);

/** Starts an OpenID provider that publishes its configuration and keys and issues any token a test needs. */
export async function startIssuer() {
  let keys = [await makeKey('RS256')];
  let [server, port] = await listen(answer, 0);
  const url = `http://127.0.0.1:${port}/realms/people`;
  /** Replaces published documents by path, to simulate failures. */
  const overrides = new Map<string, RequestListener>();
  const requests: string[] = [];

  function answer(...[request, response]: Parameters<RequestListener>) {
    const path = request.url?.replace('/realms/people', '') ?? '';
    requests.push(path);
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/keys': { keys: keys.map(({ jwk }) => jwk) },
    };
    const override = overrides.get(path);
    if (override) return override(request, response);
    response.writeHead(path in documents ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(documents[path]));
  }

  return {
    url,
    /** The settings of a product that trusts this issuer. */
    env: { AUTH_ISSUER: url, AUTH_AUDIENCE: AUDIENCE },
    overrides,
    /** Requested paths. */
    requests,
    /** Issues a token; claims that are `undefined` are omitted. */
    token: (claims: Record<string, unknown>, key = keys[0] as Key) =>
      sign({ ...standardClaims(url), ...claims }, key),
    /** The first public key as PEM. */
    publicKey: () => exportSPKI((keys[0] as Key).publicKey),
    /** Replaces the published keys by a new one. */
    async rotate(alg: 'RS256' | 'ES256' = 'RS256') {
      keys = [await makeKey(alg)];
    },
    /** Publishes an additional key. */
    async add(alg: 'RS256' | 'ES256') {
      const key = await makeKey(alg);
      keys.push(key);
      return key;
    },
    /** Stops listening. */
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

/** Creates a key pair. */
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
