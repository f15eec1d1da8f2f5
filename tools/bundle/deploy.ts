/** `npm run deploy -- [command] [options of Pulumi]`: bundles the artifacts and runs Pulumi, by default `pulumi up`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** Points Pulumi to our program. */
const PROGRAM = ['--cwd', join(ROOT, 'pulumi')];

/** Commands that read the artifacts. */
const NEED_BUNDLE = ['up', 'update', 'preview', 'watch'];

// Ctrl-C reaches the child, too: Pulumi finishes its current step before it exits.
process.on('SIGINT', () => {});
try {
  const { command, options } = parseCommand(process.argv.slice(2));
  if (NEED_BUNDLE.includes(command)) {
    // Before the bundle, which may take a minute.
    await checkPulumi();
    await run('npm', ['run', 'bundle']);
  }
  await run('pulumi', [...PROGRAM, command, ...options]);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode ||= 1;
}

/** All options belong to Pulumi, so only the command is split off. */
function parseCommand(args: readonly string[]) {
  const [command = 'up', ...options] = args;
  return command.startsWith('-') ? { command: 'up', options: args } : { command, options };
}

async function checkPulumi() {
  await probe(
    ['version'],
    'Pulumi cannot start. "npm ci" installs it; its first run downloads the engine from get.pulumi.com.',
  );
  await probe(
    ['whoami', '--non-interactive'],
    'Pulumi is not logged in to a state backend. Run "npx pulumi login s3://my-bucket", "npx pulumi login --local" or "npx pulumi login".',
  );
}

/** Runs a harmless Pulumi command. @throws Error with the advice, after Pulumi's own message on stderr */
async function probe(args: string[], advice: string) {
  const child = spawn('pulumi', [...PROGRAM, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (!(await succeeds(child))) throw new Error(advice);
}

/** Runs a program; if it fails, this process will exit with its exit code. */
async function run(program: string, args: readonly string[]) {
  const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit' });
  if (await succeeds(child)) return;
  process.exitCode = child.exitCode ?? 1;
  throw new Error(
    `"${[program, ...args].join(' ')}" failed with ${child.exitCode ?? child.signalCode}.`,
  );
}

async function succeeds(child: ChildProcess) {
  await once(child, 'exit');
  return child.exitCode === 0;
}
