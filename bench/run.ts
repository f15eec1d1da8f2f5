/** `npm run bench -- api|attacks|image|load|search|soak|start|upload`: each bench is a module of this folder; `all` is those of speed. */
import { argv, exit, stderr } from 'node:process';

const BENCHES: Record<string, () => Promise<{ run: (words: string[]) => Promise<void> }>> = {
  api: () => import('./api.ts'),
  attacks: () => import('./attacks.ts'),
  image: () => import('./image.ts'),
  load: () => import('./load.ts'),
  search: () => import('./search.ts'),
  soak: () => import('./soak.ts'),
  start: () => import('./start.ts'),
  upload: () => import('./upload.ts'),
};
const SPEED = ['api', 'image', 'start', 'upload'];

const [name = '', ...words] = argv.slice(2);
const known = Object.keys(BENCHES);
if (name !== 'all' && !known.includes(name)) {
  stderr.write(`There is: ${known.join(', ')}, all. Say: npm run bench -- api\n`);
  exit(1);
}
for (const one of name === 'all' ? SPEED : [name]) await (await BENCHES[one]?.())?.run(words);
