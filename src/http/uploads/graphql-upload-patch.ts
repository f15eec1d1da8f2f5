/**
 * Seals what stands for a file in a multipart request. A path of `map` may lead into that very object
 * (`variables.file.reject`): what a client put there, the parser would call, and the process would end.
 */
import { Writable } from 'node:stream';
import Upload from 'graphql-upload/Upload.mjs';

const isFunction = (value: unknown) => typeof value === 'function';

/** What the parser puts there; a path can put lists, objects and uploads, but none of these. */
const GENUINE: Record<string, (value: unknown) => boolean> = {
  promise: (value) => value instanceof Promise,
  resolve: isFunction,
  reject: isFunction,
  file: (value) => (Object(value) as { capacitor?: unknown }).capacitor instanceof Writable,
};

for (const [name, isGenuine] of Object.entries(GENUINE)) {
  Object.defineProperty(Upload.prototype, name, {
    // The same again must not fail: tests load this file more than once.
    configurable: true,
    set(value: unknown) {
      if (!isGenuine(value)) throw new TypeError(`A path leads to ${name} of a file.`);
      Object.defineProperty(this, name, { value: Object.freeze(value) });
    },
  });
}
