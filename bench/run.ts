/** `npm run bench -- api|attacks|image|load|search|soak|start|upload`: each benchmark is a module of this folder; `all` runs those that measure speed. */
import { argv, exit, stderr } from 'node:process';

const BENCHMARKS: Record<string, () => Promise<{ run: (args: string[]) => Promise<void> }>> = {
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

const [name = '', ...args] = argv.slice(2);
const known = Object.keys(BENCHMARKS);
if (name !== 'all' && !known.includes(name)) {
  stderr.write(`Usage: npm run bench -- ${[...known, 'all'].join('|')} [options]\n`);
  exit(1);
}
for (const one of name === 'all' ? SPEED : [name]) await (await BENCHMARKS[one]?.())?.run(args);
