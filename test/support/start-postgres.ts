/** A child process that starts PostgreSQL in argv[2] with the code in argv[3], reports to its parent, and stops on disconnect. */
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
