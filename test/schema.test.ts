import 'reflect-metadata';
import { printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { createSchema } from '../src/http/schema.ts';

/** `npm run schema` writes the file anew. */
test('schema/schema.graphql is what the code serves', async () => {
  await expect(`${printSchema(createSchema())}\n`).toMatchFileSnapshot('../schema/schema.graphql');
});
