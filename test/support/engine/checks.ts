import type { Resource } from './resource.ts';
import { at, texts, UNKNOWN } from './wire.ts';

/** What a value that was not there becomes when a program writes it into a text. */
const STRAYS = /\[object |Calling \[toString\]|Output<|\bundefined\b|\bNaN\b/;

/** Inputs into which something leaked that is no value: an output as text, an unknown inside another text, nothing. */
export const strays = (resources: Resource[]) =>
  inputTexts(resources).filter(
    ({ text }) => STRAYS.test(text) || (text.includes(UNKNOWN) && text !== UNKNOWN),
  );

/** Inputs that are there in the preview, if only as unknown, and are gone in the update: nothing had filled them. */
export function lost(preview: Resource[], update: Resource[]) {
  const known = new Map(update.map(({ urn, inputs }) => [urn, inputs]));
  return inputTexts(preview).filter(
    ({ resource, path, text }) =>
      text === UNKNOWN && at(known.get(resource.urn) ?? null, path) === null,
  );
}

/**
 * Inputs that speak of another resource's id, ARN or address without depending on it:
 * they happen to be right, until the order of making is another one.
 *
 * @param given texts of the configuration, which everyone may say
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
    // One name may be known of several things, as a queue's name is part of its ARN: one of them is enough.
    const isCovered = (urn: string) =>
      needed
        .filter((other) => other.urn === urn)
        .every((mine) =>
          needed.some((other) => !strangers.has(other.urn) && other.text.includes(mine.text)),
        );
    return [...strangers].filter((urn) => !isCovered(urn)).map((urn) => ({ where, needs: urn }));
  });
}

/** Inputs and outputs that carry one of these secrets without being marked as secret. */
export const bareSecrets = (resources: Resource[], secretTexts: string[]) =>
  inputTexts(resources).filter(
    ({ resource, path, text }) =>
      secretTexts.some((secretText) => text.includes(secretText)) &&
      !resource.secrets.some(
        (secretPath) => path === secretPath || path.startsWith(`${secretPath}.`),
      ),
  );

/** A text mentions an id as a whole: `role-1` is not a mention of `role`. */
function mentions(text: string, identity: string) {
  // Shorter ones (`1`, `443`, `a`) mean nothing by themselves.
  if (identity.length < 6) return false;
  const at = text.indexOf(identity);
  return (
    at >= 0 && !/[\w-]/.test(text[at + identity.length] ?? '') && !/[\w-]/.test(text[at - 1] ?? '')
  );
}

/** URNs of all that is made before a resource: what it depends on, and what that depends on. */
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
