/** Handlers `index.http` and `index.queue`, for AWS Lambda and the local function host. */
import { defineHandlers } from './handlers/handlers.ts';

export const { http, queue } = defineHandlers(process.env);
