/** The floor: a Fastify route, prepared statements and JSON, without GraphQL. */
import Fastify from 'fastify';
import { readPage, readUser, readViewer } from './rows.mjs';

const server = Fastify();
server.post('/graphql', async ({ headers, body: { variables } }) => {
  await readViewer(headers);
  if (variables.id) return { data: { user: await readUser(variables.id) } };
  return { data: { users: await readPage(variables.first) } };
});
await server.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
