import type { WebAppConfig } from '../contract/web-app.ts';

/** @throws Error if the file is missing or the server is unreachable */
export async function readConfig(): Promise<WebAppConfig> {
  const response = await fetch('/config.json');
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  return response.json();
}
