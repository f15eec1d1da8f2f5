/** `/config.json`, written by the server of the web app, so that one build fits all environments. */
export interface WebAppConfig {
  /** URL of the API, absolute or relative to the web app. */
  graphql: string;
  /** URL for subscriptions over WebSocket. */
  subscriptions: string;
  signIn: 'password' | 'provider';
  signUp: 'open' | 'closed';
}

/** @throws Error if the file is missing or the server is unreachable */
export async function readConfig(): Promise<WebAppConfig> {
  const response = await fetch('/config.json');
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  return response.json();
}
