import { generate } from '@graphql-codegen/cli';
import { expect, test } from 'vitest';

/** `npm run schema` writes the file anew. */
test('web/generated/graphql.ts is what the schema and the operations of the page come to', async () => {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: 'schema/schema.graphql',
      documents: 'schema/operations/page/*.graphql',
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
  await expect(types?.content).toMatchFileSnapshot('../../web/generated/graphql.ts');
});
