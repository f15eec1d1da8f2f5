/** The frameworks of Portrait alone: no limits, rate limits, security headers, log or metrics. */
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify from 'fastify';
import { readViewer } from './rows.mjs';
import { schema } from './schema.mjs';

const server = Fastify();
const plugins = [ApolloServerPluginCacheControlDisabled()];
const apollo = new ApolloServer({ schema, plugins });
await apollo.start();
const context = async ({ headers }) => ({ viewer: await readViewer(headers) });
server.post('/graphql', fastifyApolloHandler(apollo, { context }));
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
