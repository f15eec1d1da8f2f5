/** `npm run bench -- api`, `-- image`, `-- load`, `-- soak`: each bench is a module of this folder. */
import { argv, exit, stderr } from 'node:process';

const BENCHES: Record<string, () => Promise<{ run: (words: string[]) => Promise<void> }>> = {
  api: () => import('./api.ts'),
  image: () => import('./image.ts'),
  load: () => import('./load.ts'),
  soak: () => import('./soak.ts'),
};

const [name = '', ...words] = argv.slice(2);
const load = BENCHES[name];
if (!load) {
  stderr.write(`There is: ${Object.keys(BENCHES).join(', ')}. Say: npm run bench -- api\n`);
  exit(1);
}
await (await load()).run(words);
