/** The contract with clients; `npm run schema` regenerates both files. */
import 'reflect-metadata';
import { generate } from '@graphql-codegen/cli';
import {
  type GraphQLArgument,
  type GraphQLNamedType,
  isEnumType,
  isIntrospectionType,
  isSpecifiedScalarType,
  printSchema,
} from 'graphql';
import { expect, test } from 'vitest';
import { createSchema } from '../src/graphql/schema.ts';

const schema = createSchema();
/** Described by the GraphQL specification. */
const ROOTS = ['Query', 'Mutation', 'Subscription'];
const printed = `${printSchema(schema)}\n`;

test('schema/schema.graphql is the schema that the code serves (npm run schema)', async () => {
  await expect(printed).toMatchFileSnapshot('../schema/schema.graphql');
});

test('web/generated/graphql.ts is generated from the current schema and operations (npm run schema)', async () => {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: printed,
      documents: 'schema/operations/web-app/*.graphql',
      silent: true,
      generates: {
        'web/generated/': {
          preset: 'client',
          presetConfig: { fragmentMasking: false },
          config: {
            importExtension: '.js',
            useTypeImports: true,
            enumsAsTypes: true,
            avoidOptionals: false,
            scalars: { DateTime: 'string', Upload: 'Blob' },
          },
        },
      },
    },
    false,
  );

  const types = files.find(({ filename }) => filename.endsWith('/graphql.ts'));
  await expect(types?.content).toMatchFileSnapshot('../web/generated/graphql.ts');
});

test('every type, field, argument and enum value of the schema has a description', () => {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );

  const undescribed = types.flatMap(partsOf).filter(({ description }) => !description?.trim());

  expect(undescribed.map(({ place }) => place)).toEqual([]);
});

/** A type with its fields, arguments and values. */
function partsOf(type: GraphQLNamedType) {
  const { name, description } = type;
  const parts = isEnumType(type)
    ? type.getValues()
    : 'getFields' in type
      ? Object.values(type.getFields())
      : [];
  const within = parts.flatMap((part) => {
    const place = `${name}.${part.name}`;
    const args = 'args' in part ? part.args : [];
    return [
      { place, description: part.description },
      ...args.map((arg: GraphQLArgument) => ({
        place: `${place}(${arg.name})`,
        description: arg.description,
      })),
    ];
  });
  return ROOTS.includes(name) ? within : [{ place: name, description }, ...within];
}
