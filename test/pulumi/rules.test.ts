import { beforeAll, describe, expect, test } from 'vitest';
import { ADDRESS_RULES } from '../support/rules/addresses.ts';
import { COMPUTE_RULES } from '../support/rules/compute.ts';
import { misfits, misplace, PLACES } from '../support/rules/model.ts';
import { NETWORK_RULES } from '../support/rules/network.ts';
import { STORAGE_RULES } from '../support/rules/storage.ts';
import { breaches, plant, type World } from '../support/rules/world.ts';
import { openStack } from '../support/stack.ts';

let world: World;
beforeAll(async () => {
  using stack = openStack();
  const { resources, errors } = await stack.run();
  expect(errors).toEqual([]);
  world = resources;
});

describe.each([
  ['storage', STORAGE_RULES],
  ['the network', NETWORK_RULES],
  ['compute', COMPUTE_RULES],
  ['addresses', ADDRESS_RULES],
])('%s', (_, rules) => {
  test.each(rules.map((rule) => [rule.promise, rule] as const))('%s', (_promise, rule) => {
    expect(breaches(rule, world)).toEqual([]);
    // A rule that cannot be violated would prove nothing.
    expect(breaches(rule, plant(rule, world))).not.toEqual([]);
  });
});

describe('AWS accepts', () => {
  test.each(PLACES.map((place) => [`${place.of} ${place.at}`, place] as const))(
    '%s',
    (_, place) => {
      expect(misfits(place, world)).toEqual([]);
      expect(misfits(place, misplace(place, world))).not.toEqual([]);
    },
  );
});
