import Fastify from 'fastify';
import mercurius from 'mercurius';
import { readViewer } from './rows.mjs';
import { schema } from './schema.mjs';

const server = Fastify();
const context = async ({ headers }) => ({ viewer: await readViewer(headers) });
server.register(mercurius, { schema, context, jit: process.env.JIT ? 1 : 0 });
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
