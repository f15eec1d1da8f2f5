/**
 * Freezes the Upload objects of a multipart request. A path of `map` may point into one (`variables.file.reject`): the
 * parser would call the client's value, and the process would crash (graphql-upload 17.1.0, not reported yet; ADR 0032).
 */
import { Writable } from 'node:stream';
import Upload from 'graphql-upload/Upload.mjs';

const isFunction = (value: unknown) => typeof value === 'function';

/** Values that the parser sets; a path can set lists, objects and uploads, but none of these. */
const GENUINE: Record<string, (value: unknown) => boolean> = {
  promise: (value) => value instanceof Promise,
  resolve: isFunction,
  reject: isFunction,
  file: (value) => (Object(value) as { capacitor?: unknown }).capacitor instanceof Writable,
};

for (const [name, isGenuine] of Object.entries(GENUINE)) {
  Object.defineProperty(Upload.prototype, name, {
    // Tests load this file more than once.
    configurable: true,
    set(value: unknown) {
      if (!isGenuine(value)) throw new TypeError(`A path of the map points to ${name} of a file.`);
      Object.defineProperty(this, name, { value: Object.freeze(value) });
    },
  });
}
