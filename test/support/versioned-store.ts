import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { stubStoreSettings, type ThirdPartyStore } from './third-party-stores.ts';

/** A version of an object; a delete marker has no bytes. */
interface Version {
  key: string;
  id: string;
  bytes: Buffer | undefined;
  headers: Record<string, string>;
}

export type VersionedStore = ThirdPartyStore & {
  /** Every version and delete marker that is left, oldest first. */
  versions: Version[];
  /** Returns the status of a request that must fail. */
  failWith: (request: { method: string; url: URL }) => number | undefined;
};

/** Amazon's page size is 1,000; a small one tests pagination without a thousand PUTs. */
const PAGE = 5;

/**
 * An S3 server with one bucket that has versioning enabled, over HTTP: no npm package has one (fauxqs 2.4.1, s3rver 3.7.1 and
 * miniflare 4 keep a single version). As on Amazon S3, DELETE adds a marker, DELETE with versionId deletes for good, lists come
 * in pages. Answers as moto 5.2.1 does, against which the same journey was run by hand.
 */
export async function startVersionedStore(): Promise<VersionedStore> {
  const versions: Version[] = [];
  const parts = new Map<string, Buffer[]>();
  const store = { versions, failWith: (() => undefined) as VersionedStore['failWith'] };

  const latest = (key: string) => versions.findLast((one) => one.key === key);
  const add = (key: string, bytes: Buffer | undefined, headers = {}) => {
    const version = { key, id: randomUUID(), bytes, headers };
    versions.push(version);
    return version;
  };
  function remove(key: string, id: string | null) {
    if (id === null) return { ...add(key, undefined), isMarker: true };
    const at = versions.findIndex((one) => one.key === key && one.id === id);
    const [gone] = at < 0 ? [] : versions.splice(at, 1);
    return { id, isMarker: gone !== undefined && !gone.bytes };
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const method = request.method ?? '';
    const url = new URL(request.url ?? '', 'http://store');
    const body = await buffer(request);
    const status = store.failWith({ method, url });
    if (status) return response.writeHead(status).end('<html>A page of a proxy</html>');
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const query = url.searchParams;
    if (key === '') return answerBucket({ method, query, body }, response);
    switch (method) {
      case 'POST': {
        const id = query.get('uploadId');
        if (id === null) {
          const upload = randomUUID();
          parts.set(upload, []);
          return sendXml(
            response,
            'InitiateMultipartUploadResult',
            `<UploadId>${upload}</UploadId>`,
          );
        }
        add(key, Buffer.concat(parts.get(id) ?? []));
        return sendXml(response, 'CompleteMultipartUploadResult', '<ETag>"e"</ETag>');
      }
      case 'PUT': {
        const upload = parts.get(query.get('uploadId') ?? '');
        if (upload) upload[Number(query.get('partNumber')) - 1] = body;
        else add(key, body, keptHeaders(request));
        return response.writeHead(200, { etag: '"e"' }).end();
      }
      case 'DELETE': {
        const { id, isMarker } = remove(key, query.get('versionId'));
        const headers = { 'x-amz-version-id': id, 'x-amz-delete-marker': String(isMarker) };
        return response.writeHead(204, headers).end();
      }
      default: {
        const object = latest(key);
        if (!object?.bytes)
          return response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
        const headers = { etag: '"e"', 'content-length': object.bytes.length, ...object.headers };
        return response.writeHead(200, headers).end(method === 'HEAD' ? undefined : object.bytes);
      }
    }
  }

  function answerBucket({ method, query, body }: Query, response: ServerResponse) {
    const prefix = query.get('prefix') ?? '';
    if (method === 'HEAD') return response.end();
    if (query.has('delete')) {
      const deleted = [...String(body).matchAll(/<Object>(.*?)<\/Object>/gs)].map(
        ([, object = '']) => {
          const [key = '', id = null] = [tag(object, 'Key'), tag(object, 'VersionId')];
          const { id: made, isMarker } = remove(key, id);
          const marker = isMarker
            ? `<DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>${made}</DeleteMarkerVersionId>`
            : '';
          return `<Deleted><Key>${key}</Key>${id ? `<VersionId>${id}</VersionId>` : ''}${marker}</Deleted>`;
        },
      );
      return sendXml(response, 'DeleteResult', deleted.join(''));
    }
    if (!query.has('versions') && query.get('list-type') !== '2') {
      return response.writeHead(501).end('<Error><Code>NotImplemented</Code></Error>');
    }
    if (query.has('versions')) {
      const found = versions.filter(({ key }) => key.startsWith(prefix));
      const page = found.slice(0, PAGE).map(({ key, id, bytes }) => {
        const name = bytes ? 'Version' : 'DeleteMarker';
        return `<${name}><Key>${key}</Key><VersionId>${id}</VersionId></${name}>`;
      });
      const isTruncated = `<IsTruncated>${found.length > PAGE}</IsTruncated>`;
      const head = `<Name>portrait</Name><Prefix>${prefix}</Prefix><KeyMarker/>${isTruncated}`;
      return sendXml(response, 'ListVersionsResult', head + page.join(''));
    }
    const after = query.get('continuation-token') ?? '';
    const keys = [...new Set(versions.map(({ key }) => key))].sort();
    const found = keys.filter((key) => key.startsWith(prefix) && key > after && latest(key)?.bytes);
    const next =
      found.length > PAGE
        ? `<NextContinuationToken>${found[PAGE - 1]}</NextContinuationToken>`
        : '';
    const page = found
      .slice(0, PAGE)
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><LastModified>${new Date().toISOString()}</LastModified></Contents>`,
      );
    return sendXml(
      response,
      'ListBucketResult',
      `<Name>portrait</Name><Prefix>${prefix}</Prefix><IsTruncated>${next !== ''}</IsTruncated>${next}${page.join('')}`,
    );
  }

  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(store, {
    env: stubStoreSettings(`http://127.0.0.1:${port}`, 'versioned', 'store'),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

interface Query {
  method: string;
  query: URLSearchParams;
  body: Buffer;
}

const KEPT = /^(content-type|cache-control|x-amz-meta-.*)$/;
const keptHeaders = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT.test(name)));

const tag = (xml: string, name: string) =>
  new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1];

const sendXml = (response: ServerResponse, root: string, content: string) =>
  response
    .writeHead(200, { 'content-type': 'application/xml' })
    .end(`<${root}>${content}</${root}>`);
