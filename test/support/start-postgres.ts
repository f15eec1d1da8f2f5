/** A process of its own that starts PostgreSQL in argv[2] as the checkout in argv[3] does, tells its parent, and stops when that lets go. */
import { pathToFileURL } from 'node:url';

const [, , dataDir = '', checkout = ''] = process.argv;
const { startPostgres } = (await import(
  `${pathToFileURL(checkout)}/local/postgres/postgres.ts`
)) as typeof import('../../local/postgres/postgres.ts');

const said: string[] = [];
try {
  const { url, stop } = await startPostgres(dataDir, (message) => said.push(message));
  process.once('disconnect', stop);
  process.send?.({ url, said });
} catch (error) {
  process.send?.({ error: String(error), said });
}
