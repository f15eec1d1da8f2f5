/** `npm run demo [-- http://127.0.0.1:4000]`: two dozen people with drawn portraits, so that the first look is alive. */
import { Refused } from './api.ts';
import { fill } from './fill.ts';

const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password, PORT = '4000' } = process.env;
const url = (process.argv[2] ?? `http://127.0.0.1:${PORT}`).replace(/\/+$/, '');

if (!/^https?:\/\//.test(url)) {
  process.stderr.write(
    `"${url}" is no address. Say it like this: npm run demo -- http://127.0.0.1:4000\n`,
  );
  process.exit(2);
}

try {
  const admin = email && password ? { email, password } : undefined;
  await fill({ url, admin, say: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(`See them at ${url}\n`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  const advice = error.code === 'UNREACHABLE' ? '\nStart the product first: npm start' : '';
  process.stderr.write(`${error.message}${advice}\n`);
  process.exit(1);
}
