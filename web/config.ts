/** What `/config.json` says: written by whoever serves the page, so that one build fits all environments. */
export interface PageConfig {
  /** Address of the API; absolute, or from the page's own. */
  graphql: string;
  /** Where subscriptions go, by WebSocket. */
  subscriptions: string;
  signIn: 'password' | 'provider';
  signUp: 'open' | 'closed';
}

/** @throws Error when the file is missing or the server cannot be reached */
export async function readConfig(): Promise<PageConfig> {
  const answer = await fetch('/config.json');
  if (!answer.ok) throw new Error(`/config.json: ${answer.status}`);
  return answer.json();
}
