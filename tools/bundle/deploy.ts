/** `npm run deploy -- [command] [options of Pulumi]`: makes what is deployed, then has Pulumi deploy it; `up` unless said otherwise. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Said to Pulumi each time: which program is meant. */
const PROGRAM = ['--cwd', join(ROOT, 'pulumi')];

/** Those that read the artefacts. */
const NEED_BUNDLE = ['up', 'update', 'preview', 'watch'];

// Ctrl-C is the affair of who is at work: Pulumi finishes the step it is at.
process.on('SIGINT', () => {});
try {
  const { command, options } = readWords(process.argv.slice(2));
  if (NEED_BUNDLE.includes(command)) {
    // First what would stop it anyhow, after the minute that a bundle may take.
    await check();
    await run('npm', ['run', 'bundle']);
  }
  await run('pulumi', [...PROGRAM, command, ...options]);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode ||= 1;
}

function readWords(words: readonly string[]) {
  const [command = 'up', ...options] = words;
  return command.startsWith('-') ? { command: 'up', options: words } : { command, options };
}

async function check() {
  await ask(
    ['version'],
    'Pulumi cannot start. It comes with "npm ci", and at its first run loads its engine from get.pulumi.com.',
  );
  await ask(
    ['whoami', '--non-interactive'],
    'Pulumi does not know where the state of the deployment is. "npx pulumi login s3://a-bucket", "npx pulumi login --local" or "npx pulumi login" tells it.',
  );
}

/** Asks Pulumi something that it can answer unless all is in vain; its own words come before the advice. */
async function ask(words: string[], advice: string) {
  const child = spawn('pulumi', [...PROGRAM, ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (!(await hasWorked(child))) throw new Error(advice);
}

/** Ends with it, and as it ends. */
async function run(program: string, words: readonly string[]) {
  const child = spawn(program, words, { cwd: ROOT, stdio: 'inherit' });
  if (await hasWorked(child)) return;
  process.exitCode = child.exitCode ?? 1;
  throw new Error(
    `"${[program, ...words].join(' ')}" ended with ${child.exitCode ?? child.signalCode}.`,
  );
}

async function hasWorked(child: ChildProcess) {
  await once(child, 'exit');
  return child.exitCode === 0;
}
