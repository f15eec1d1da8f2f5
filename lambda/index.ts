/** What AWS Lambda calls, and the local function host: the handler `index.http`. */
import { defineHandlers } from './handlers.ts';

export const { http } = defineHandlers(process.env);
