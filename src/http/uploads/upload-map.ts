/**
 * Bounds the paths of `map` in a multipart request before graphql-upload follows them. object-path copies the rest of a
 * path at each segment: 400,000 segments (800 KB) take quadratic memory and end the process, 3,800 block it for 100 ms.
 * A large index (`variables.list.4294967294`) creates a sparse list of that length, which takes as long to read.
 *
 * Not reported yet; seen with object-path 0.11.8, as used by graphql-upload 17.1.0 (ADR 0032).
 */
import objectPath, { type Path } from 'object-path';

/** A path into the variables: up to eight GraphQL names or indexes below 100. */
const PATH = /^variables(\.([A-Za-z_]\w{0,63}|\d{1,2})){1,8}$/;

/** Places where one operation may use its file. */
const MAX_PATHS = 10;

const counts = new WeakMap<object, number>();
const setUnbounded = objectPath.set;

// graphql-upload calls it for each path, and responds 400 when it throws.
objectPath.set = <T>(operations: object, path: Path, value: T) => {
  const count = (counts.get(operations) ?? 0) + 1;
  counts.set(operations, count);
  if (count > MAX_PATHS || !PATH.test(String(path)))
    throw new RangeError('Too many paths, or an invalid one.');
  return setUnbounded(operations, path, value);
};
