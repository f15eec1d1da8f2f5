import type { Resource } from './resource.ts';
import { at, texts, UNKNOWN } from './wire.ts';

/** How a missing value looks when a program interpolates it into a string. */
const STRAYS = /\[object |Calling \[toString\]|Output<|\bundefined\b|\bNaN\b/;

/** Finds inputs with a stringified output, an unknown inside a longer string, or `undefined`. */
export const strays = (resources: Resource[]) =>
  inputTexts(resources).filter(
    ({ text }) => STRAYS.test(text) || (text.includes(UNKNOWN) && text !== UNKNOWN),
  );

/** Finds inputs that are unknown in the preview and missing in the update: no output fills them. */
export function lost(preview: Resource[], update: Resource[]) {
  const known = new Map(update.map(({ urn, inputs }) => [urn, inputs]));
  return inputTexts(preview).filter(
    ({ resource, path, text }) =>
      text === UNKNOWN && at(known.get(resource.urn) ?? null, path) === null,
  );
}

/**
 * Finds inputs that contain another resource's id, ARN or address without depending on it:
 * correct only while the order of creation happens to fit.
 *
 * @param given values of the stack config, which any resource may contain
 */
export function missingDependencies(resources: Resource[], given: string[] = []) {
  const identities = resources.flatMap(({ urn, computed }) =>
    texts(computed)
      .filter(({ text }) => !given.includes(text))
      .map(({ text }) => ({ urn, text })),
  );
  return inputTexts(resources).flatMap(({ resource, where, text }) => {
    const needed = identities.filter((other) => mentions(text, other.text));
    const strangers = new Set(needed.map(({ urn }) => urn).filter((urn) => urn !== resource.urn));
    for (const urn of reachable(resource, resources)) strangers.delete(urn);
    // Identities overlap (a queue's name is part of its ARN): a dependency on one owner is enough.
    const isCovered = (urn: string) =>
      needed
        .filter((other) => other.urn === urn)
        .every((mine) =>
          needed.some((other) => !strangers.has(other.urn) && other.text.includes(mine.text)),
        );
    return [...strangers].filter((urn) => !isCovered(urn)).map((urn) => ({ where, needs: urn }));
  });
}

/** Finds inputs that contain one of these secrets without being marked as secret. */
export const bareSecrets = (resources: Resource[], secretTexts: string[]) =>
  inputTexts(resources).filter(
    ({ resource, path, text }) =>
      secretTexts.some((secretText) => text.includes(secretText)) &&
      !resource.secrets.some(
        (secretPath) => path === secretPath || path.startsWith(`${secretPath}.`),
      ),
  );

/** Matches an id as a whole word: `role-1` does not mention `role`. */
function mentions(text: string, identity: string) {
  // Shorter ones (`1`, `443`, `a`) are not specific.
  if (identity.length < 6) return false;
  const at = text.indexOf(identity);
  return (
    at >= 0 && !/[\w-]/.test(text[at + identity.length] ?? '') && !/[\w-]/.test(text[at - 1] ?? '')
  );
}

/** URNs of the transitive dependencies of a resource. */
export function reachable(resource: Resource, resources: Resource[]) {
  const found = new Set<string>();
  const visit = ({ dependencies }: Resource) => {
    for (const urn of dependencies) {
      if (found.has(urn)) continue;
      found.add(urn);
      const next = resources.find((other) => other.urn === urn);
      if (next) visit(next);
    }
  };
  visit(resource);
  return found;
}

const inputTexts = (resources: Resource[]) =>
  resources.flatMap((resource) =>
    texts(resource.inputs).map(({ path, text }) => ({
      resource,
      path,
      text,
      where: `${resource.name}.${path}`,
    })),
  );
