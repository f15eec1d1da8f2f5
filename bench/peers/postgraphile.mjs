/** PostGraphile, which generates its schema and statements from the same tables. */
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { readViewer } from './rows.mjs';

const server = createServer();
const built = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ['public'],
      poolConfig: { max: 10 },
    }),
  ],
  grafserv: { graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: async ({ node }) => ({ viewer: await readViewer(node.req.headers) }),
  },
});
await built.createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), '127.0.0.1');
