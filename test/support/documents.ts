/** Operations generated from the schema: mostly valid, with mostly invalid arguments. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { anyJson, anyText } from './fuzz.ts';

const schema = buildSchema(
  readFileSync(join(import.meta.dirname, '../../schema/schema.graphql'), 'utf8'),
);

export interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

/** Arbitrary values by scalar name. */
type Scalars = Record<string, fc.Arbitrary<unknown>>;

const SCALARS: Scalars = {
  String: anyText,
  ID: fc.oneof(fc.uuid(), anyText),
  Int: fc.oneof(fc.integer({ min: -2, max: 120 }), fc.integer(), fc.constant(2 ** 31)),
  Float: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ noNaN: true })),
  Boolean: fc.boolean(),
  Upload: fc.constant(null),
};

/** @param ids ids of existing objects */
export function anyOperation(ids: string[]): fc.Arbitrary<Operation> {
  const scalars = { ...SCALARS, ID: fc.oneof(fc.constantFrom(...ids), fc.uuid(), anyText) };
  const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => {
    const kind = type?.name === 'Mutation' ? 'mutation' : 'query';
    return Object.values(type?.getFields() ?? {}).map((field) => ({ kind, field }));
  });
  return fc.constantFrom(...roots).chain(({ kind, field }) =>
    fc
      .record({
        variables: variablesOf(field.args, scalars),
        selection: selectionOf(getNamedType(field.type), 4),
      })
      .map(({ variables, selection }) => {
        const declared = field.args.map(({ name, type }) => `$${name}: ${type}`).join(', ');
        const passed = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
        const [head, tail] = declared ? [` (${declared})`, `(${passed})`] : ['', ''];
        return { query: `${kind}${head} { ${field.name}${tail} ${selection} }`, variables };
      }),
  );
}

const variablesOf = (args: readonly GraphQLArgument[], scalars: Scalars) =>
  fc.record(Object.fromEntries(args.map(({ name, type }) => [name, anyValue(type, scalars)])), {
    requiredKeys: args.filter(({ type }) => isNonNullType(type)).map(({ name }) => name),
  });

/** A value of the type; one in twenty is arbitrary JSON. */
function anyValue(type: GraphQLInputType, scalars: Scalars): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 19, arbitrary: validValue(type, scalars) },
    { weight: 1, arbitrary: anyJson },
  );
}

function validValue(type: GraphQLInputType, scalars: Scalars): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return anyValue(type.ofType, scalars);
  if (isListType(type)) return fc.array(anyValue(type.ofType, scalars), { maxLength: 4 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name), null);
  if (!isInputObjectType(type)) return scalars[type.name] ?? anyText;
  const fields = Object.values(type.getFields());
  const required = fields.filter((field) => isNonNullType(field.type)).map(({ name }) => name);
  return fc.record(
    Object.fromEntries(fields.map((field) => [field.name, anyValue(field.type, scalars)])),
    { requiredKeys: required },
  );
}

/** Selects some fields of a type to a few levels of depth, without arguments. */
function selectionOf(type: unknown, levels: number): fc.Arbitrary<string> {
  if (!isObjectType(type)) return fc.constant('');
  const fields = Object.values((type as GraphQLObjectType).getFields());
  const shown = fields.filter((field) => levels > 1 || !isObjectType(getNamedType(field.type)));
  return fc
    .subarray(shown, { minLength: Math.min(1, shown.length), maxLength: Math.min(5, shown.length) })
    .chain((some) =>
      fc.tuple(
        ...some.map(({ name, type: below }) =>
          selectionOf(getNamedType(below), levels - 1).map((inner) => `${name} ${inner}`),
        ),
      ),
    )
    .map((parts) => `{ __typename ${parts.join(' ')} }`);
}
