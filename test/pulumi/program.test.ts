import { expect, test } from 'vitest';
import { deploy, makeArtefacts } from '../support/pulumi.ts';

test('x', async () => {
  const { folder } = makeArtefacts();
  const { resources, outputs } = await deploy(folder);
  console.log(resources.length, outputs);
});
