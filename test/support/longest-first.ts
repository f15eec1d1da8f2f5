import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The slowest files of a run on two cores; the order of the rest hardly matters. */
const LONGEST = [
  'bundle/artifacts',
  'web/screens',
  'journey/start-stop',
  'journey/failure-database',
  'journey/direct-kill',
  'web/photo',
  'journey/direct-faults',
  'journey/failure-gateway',
  'web/upload',
  'journey/start',
  'photos/erase',
  'pulumi/invalid-config',
  'local/postgres',
  'http/overload',
  'journey/restart',
  'journey/start-refused',
  'local/s3-broken',
  'journey/failure-multipart',
  'journey/direct-order',
  'stores/journey',
  'pulumi/program',
  'journey/upload-limits',
];

/** Starts the slowest files first, even without timings of an earlier run, so that none is left for the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification) {
  const place = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return place < 0 ? LONGEST.length : place;
}
