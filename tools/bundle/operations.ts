/** `npm run -s operations > operations.json`: the list for OPERATIONS of what the page and the playground's tabs send. */
import { writeManifest } from './manifest.ts';

process.stdout.write(await writeManifest());
