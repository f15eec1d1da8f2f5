/** A process of its own that starts PostgreSQL in argv[2], tells its parent, and stops it when told anything. */
import { pathToFileURL } from 'node:url';

const [, , dataDir = '', checkout = ''] = process.argv;
const { startPostgres } = (await import(
  `${pathToFileURL(checkout)}/local/postgres.ts`
)) as typeof import('../../local/postgres.ts');
const said: string[] = [];
try {
  const { url, stop } = await startPostgres(dataDir, (message) => said.push(message));
  process.once('message', () => stop().then(() => process.disconnect()));
  process.send?.({ url, said });
} catch (error) {
  process.send?.({ error: String(error), said });
  process.disconnect();
}
