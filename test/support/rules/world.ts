import type { Resource } from '../engine/resource.ts';
import type { Plain, PlainObject } from '../engine/wire.ts';

/** All resources of a run. */
export type World = readonly Resource[];

/** A property that every resource of one type must have. */
export interface Rule {
  /** Title of the test, as a sentence. */
  promise: string;
  /** Resource type, by the end of Pulumi's token: `sqs/queue:Queue`. */
  of: string;
  /** Selects resources of that type; all by default. */
  where?: (resource: Resource, world: World) => boolean;
  isKept(inputs: PlainObject, world: World, resource: Resource): boolean;
  /** Planted fault that must break the rule: changed inputs of one resource, or a mutation of the world. */
  fault: PlainObject | ((world: Resource[]) => void);
}

export const allOf = <T extends World>(world: T, kind: string) =>
  world.filter(({ type }) => type.endsWith(kind));

/** Finds the single resource of a type. @throws unless there is exactly one */
export function only<T extends World>(world: T, kind: string, name = ''): T[number] {
  const found = allOf(world, kind).filter((resource) => resource.name.includes(name));
  const [first] = found;
  if (!first || found.length > 1)
    throw new Error(`${found.length} of ${kind} named ${name}, not 1`);
  return first;
}

export const list = (value: Plain | undefined): Plain[] => (Array.isArray(value) ? value : []);

/** A bucket's configuration resources of one type. */
export const ofBucket = (world: World, kind: string, { computed }: Resource) =>
  allOf(world, kind).filter(({ inputs }) => inputs.bucket === computed.id);

/** Names of resources that break a rule; a rule without resources counts as broken. */
export function breaches({ of, where = () => true, isKept }: Rule, world: World): string[] {
  const watched = allOf(world, of).filter((resource) => where(resource, world));
  if (watched.length === 0) return [`there is no ${of}`];
  return watched
    .filter((resource) => !isKept(resource.inputs, world, resource))
    .map(({ name }) => name);
}

/** Returns a copy of the world with the rule's fault planted. */
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
