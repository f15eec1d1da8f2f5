/**
 * Runs in a child process: calls the functions of a bundle, one at a time, as Lambda does. Plain JavaScript, since it is started as a
 * file both from source and from `dist/`. Arguments: URL of the bundle, process id of the product.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Bytes of Lambda's largest response. */
const MAX_RESPONSE_BYTES = 6_291_556;

const PARENT_CHECK_INTERVAL_MS = 500;

if (isMainThread) serve(process.argv[2] ?? '', Number(process.argv[3]));
else exitWithParent(workerData);

/**
 * @param {string} bundle
 * @param {number} parent
 */
function serve(bundle, parent) {
  // Service managers signal every process of a group: the product decides when this one ends.
  process.on('SIGTERM', () => {});
  // In a thread, which works even while the function is in an endless loop.
  new Worker(new URL(import.meta.url), { workerData: parent }).unref();
  process.on(
    'message',
    async (/** @type {{ name: string, event: unknown, timeout: number }} */ call) => {
      const answer = await invoke(bundle, call).catch((error) => ({
        error: String(error?.stack ?? error),
      }));
      process.send?.(answer);
    },
  );
}

/**
 * @param {string} bundle
 * @param {{ name: string, event: unknown, timeout: number }} call
 */
async function invoke(bundle, { name, event, timeout }) {
  const deadline = Date.now() + timeout;
  const context = { getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()) };
  const functions = await import(bundle);
  const result = await functions[name](event, context);
  const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
  if (bytes > MAX_RESPONSE_BYTES) {
    throw new Error(`The response has ${bytes} bytes; at most ${MAX_RESPONSE_BYTES} are allowed.`);
  }
  return { result };
}

/** @param {number} parent */
function exitWithParent(parent) {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, PARENT_CHECK_INTERVAL_MS);
}
