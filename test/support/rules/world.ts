import type { Resource } from '../engine/resource.ts';
import type { Plain, PlainObject } from '../engine/wire.ts';

/** Everything a program asks for, to be searched by what things are and what they belong to. */
export type World = readonly Resource[];

/** What must be true of everything of one kind. */
export interface Rule {
  /** The promise, as a sentence. */
  promise: string;
  /** The kind it looks at, the end of Pulumi's token: `sqs/queue:Queue`. */
  of: string;
  /** Which of that kind; all when absent. */
  where?: (resource: Resource, world: World) => boolean;
  isKept(inputs: PlainObject, world: World, resource: Resource): boolean;
  /** Breaks it, to show that it can be broken: changed inputs of one such thing, or something done to the world. */
  fault: PlainObject | ((world: Resource[]) => void);
}

export const allOf = <T extends World>(world: T, kind: string) =>
  world.filter(({ type }) => type.endsWith(kind));

/** @throws unless there is exactly one */
export function only<T extends World>(world: T, kind: string, name = ''): T[number] {
  const found = allOf(world, kind).filter((resource) => resource.name.includes(name));
  const [first] = found;
  if (!first || found.length > 1)
    throw new Error(`${found.length} of ${kind} named ${name}, not 1`);
  return first;
}

export const list = (value: Plain | undefined): Plain[] => (Array.isArray(value) ? value : []);

/** The settings of a kind that a bucket has; Pulumi has a resource for each. */
export const ofBucket = (world: World, kind: string, { computed }: Resource) =>
  allOf(world, kind).filter(({ inputs }) => inputs.bucket === computed.id);

/** Things that break a rule; looking at nothing is no way to keep it. */
export function breaches({ of, where = () => true, isKept }: Rule, world: World): string[] {
  const watched = allOf(world, of).filter((resource) => where(resource, world));
  if (watched.length === 0) return [`there is no ${of}`];
  return watched
    .filter((resource) => !isKept(resource.inputs, world, resource))
    .map(({ name }) => name);
}

/** A copy of the world in which the rule is broken. */
export function plant({ of, where = () => true, fault }: Rule, world: World): World {
  const copy = structuredClone([...world]);
  if (typeof fault === 'function') {
    fault(copy);
    return copy;
  }
  const victim = allOf(copy, of).find((resource) => where(resource, copy));
  if (victim) Object.assign(victim.inputs, fault);
  return copy;
}
