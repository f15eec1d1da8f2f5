import { useGraphQlJit } from '@envelop/graphql-jit';
import Fastify from 'fastify';
import { createYoga } from 'graphql-yoga';
import { readViewer } from './rows.mjs';
import { schema } from './schema.mjs';

const server = Fastify();
const yoga = createYoga({
  schema,
  logging: false,
  plugins: process.env.JIT ? [useGraphQlJit()] : [],
  context: async ({ req }) => ({ viewer: await readViewer(req.headers) }),
});
server.addContentTypeParser('multipart/form-data', {}, (_request, _body, done) => done(null));
server.route({
  url: '/graphql',
  method: 'POST',
  handler: (req, reply) => yoga.handleNodeRequestAndResponse(req, reply, { req, reply }),
});
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
