import structs from 'google-protobuf/google/protobuf/struct_pb.js';

export type Plain = null | boolean | number | string | Plain[] | { [name: string]: Plain };
export type PlainObject = { [name: string]: Plain };

/** Pulumi's wire value for an unknown: a value that exists only after an update. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** Key that marks a special object on the wire; its value is the kind. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';

export const isObject = (value: Plain | undefined): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSecret = (value: Plain): value is PlainObject =>
  isObject(value) && value[SIGNATURE] === SECRET;

export const secret = (value: Plain): PlainObject => ({ [SIGNATURE]: SECRET, value });

export const toStruct = (object: PlainObject) => structs.Struct.fromJavaScript(object);

export const fromStruct = (struct: structs.Struct | undefined): PlainObject =>
  // Pulumi's runtime sends only JSON.
  (struct?.toJavaScript() ?? {}) as PlainObject;

/** Unwraps all secrets. @returns the plain object and the paths of secrets: `environment.variables.KEY` */
export function unwrap(object: PlainObject): { plain: PlainObject; secrets: string[] } {
  const secrets: string[] = [];
  const open = (value: Plain, path: string): Plain => {
    if (isSecret(value)) {
      if (!secrets.includes(path)) secrets.push(path);
      return open(value.value ?? null, path);
    }
    if (Array.isArray(value)) return value.map((item, at) => open(item, join(path, `${at}`)));
    if (!isObject(value)) return value;
    return openObject(value, path);
  };
  const openObject = (value: PlainObject, path: string): PlainObject =>
    Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, open(inner, join(path, name))]),
    );
  return { plain: openObject(object, ''), secrets };
}

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`);

/** All strings in a value, with their paths. */
export function texts(value: Plain, path = ''): { path: string; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, at) => texts(item, join(path, `${at}`)));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => texts(inner, join(path, name)));
}

/** The value at a path (`rules.0.expiration.days`), or null. */
export function at(value: Plain | undefined, path: string): Plain {
  const steps = path.split('.');
  return steps.reduce<Plain>((inner, step) => {
    if (Array.isArray(inner)) return inner[Number(step)] ?? null;
    return isObject(inner) ? (inner[step] ?? null) : null;
  }, value ?? null);
}
