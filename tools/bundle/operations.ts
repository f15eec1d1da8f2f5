/** `npm run -s operations > operations.json`: prints the allowlist for OPERATIONS, with the operations of the web app and of the playground's tabs. */
import { createAllowlist } from './allowlist.ts';

process.stdout.write(await createAllowlist());
