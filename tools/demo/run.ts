/** `npm run demo [-- http://127.0.0.1:4000]`: creates 24 users with drawn portraits, so that there is something to see. */
import { parseArgs } from 'node:util';
import { ApiError } from './api.ts';
import { fill } from './fill.ts';

const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password, PORT = '4000' } = process.env;

try {
  const url = readUrl();
  const admin = email && password ? { email, password } : undefined;
  await fill({ url, admin, log: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(`Open ${url} to see them.\n`);
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  const advice = error.code === 'UNREACHABLE' ? '\nStart Portrait first: npm start' : '';
  process.stderr.write(`${error.message}${advice}\n`);
  process.exit(1);
}

function readUrl() {
  try {
    const { positionals } = parseArgs({ allowPositionals: true });
    const [url = `http://127.0.0.1:${PORT}`, ...more] = positionals;
    if (!/^https?:\/\//.test(url)) throw new Error(`"${url}" is not an http or https URL.`);
    if (more.length > 0) throw new Error(`Unexpected argument "${more[0]}".`);
    return url.replace(/\/+$/, '');
  } catch (error) {
    const { message } = error as Error;
    process.stderr.write(`${message}\nUsage: npm run demo [-- http://127.0.0.1:4000]\n`);
    process.exit(2);
  }
}
