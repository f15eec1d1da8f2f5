/** What AWS Lambda calls, and the local function host: the handlers `index.http` and `index.queue`. */
import { defineHandlers } from './handlers/handlers.ts';

export const { http, queue } = defineHandlers(process.env);
