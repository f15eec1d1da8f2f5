/** What a cold start takes: from the start of a process to the first stored photo, on a bucket of this machine. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { startFauxqs } from 'fauxqs';
import { bundleFunction } from '../../bundle.mjs';
import { PROCESS_ENV } from '../../contract/config/function-env.ts';
import { open } from '../../lambda/pipeline/sharp.ts';
import { least, median } from '../statistics.ts';
import { printTable } from '../table.ts';
import { drawScene } from './draw.ts';
import type { Plan } from './rounds.ts';

const execute = promisify(execFile);

/** Prints the CPU ms of all this process; what it runs comes before. */
const PRINT_CPU_TIME =
  'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);';

const CALL = `
import { readFileSync } from 'node:fs';
const { http } = await import(process.argv[1]);
const answer = await http({
  rawPath: '/images/01a1ff74-5e24-7795-99ca-aaaa3c81fd9b',
  requestContext: { http: { method: 'POST' } },
  headers: { 'content-type': 'image/jpeg' },
  body: readFileSync(process.argv[2], 'base64'),
  isBase64Encoded: true,
});
if (answer.statusCode !== 200) throw new Error(answer.body);
${PRINT_CPU_TIME}
process.exit();
`;

export async function measureCold(folder: string, { rounds }: Plan) {
  const photo = join(folder, 'cold.jpg');
  const scene = await drawScene({ width: 2592, height: 1944 });
  await writeFile(photo, await open(scene).jpeg({ quality: 87 }).toBuffer());
  const bundle = join(folder, 'function.cjs');
  bundleFunction(bundle);
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('photos');
  const env = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    S3_ENDPOINT: `http://127.0.0.1:${server.port}`,
    PHOTO_BUCKET: 'photos',
    ...PROCESS_ENV,
  };

  const steps: [string, string[]][] = [
    ['Node alone', [PRINT_CPU_TIME]],
    ['sharp loaded', [`import 'sharp'; ${PRINT_CPU_TIME}`]],
    [
      'the function loaded',
      [`await import(process.argv[1]); ${PRINT_CPU_TIME} process.exit();`, bundle],
    ],
    ['first photo stored', [CALL, bundle, photo]],
  ];
  const taken = new Map<string, number[]>(steps.map(([name]) => [name, []]));
  for (let round = 0; round < 3 * rounds; round++) {
    for (const [name, words] of steps) {
      const command = ['--input-type=module', '--eval', ...words];
      const { stdout } = await execute(execPath, command, { env, cwd: folder });
      taken.get(name)?.push(Number(stdout));
    }
  }
  await server.stop();

  const rows = [...taken].map(([name, ms]) => ({ name, median: median(ms), least: least(ms) }));
  printTable('Cold start, CPU ms of the whole process, a photo of 1 MB', [
    ['up to', 'median', 'least'],
    ...rows.map((row) => [row.name, row.median.toFixed(0), row.least.toFixed(0)]),
  ]);
  return rows;
}
