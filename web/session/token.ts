const KEY = 'portrait.token';

/** ms that a new tab waits for another tab's token. */
const TAB_REPLY_TIMEOUT_MS = 80;

type TabMessage = { type: 'request' } | { type: 'token' | 'signed-out'; token: string };

/**
 * Keeps the token in this tab's session storage: a reload keeps it, closing the tab deletes it, and nothing stays on the
 * disk of a shared computer. Tabs share it over a BroadcastChannel of their origin, so that a new tab is signed in, and
 * signing out of one tab signs out of all.
 */
export function openTokens() {
  const channel = new BroadcastChannel('portrait');
  const listeners = new Set<() => void>();
  let notice: string | undefined;
  let onToken: ((token: string) => void) | undefined;

  const send = (message: TabMessage) => channel.postMessage(message);
  const get = () => sessionStorage.getItem(KEY) ?? undefined;
  const change = (token: string | undefined, newNotice?: string) => {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
    notice = newNotice;
    for (const listener of listeners) listener();
  };

  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    const token = get();
    if (data.type === 'request' && token) send({ type: 'token', token });
    if (data.type === 'token') onToken?.(data.token);
    if (data.type === 'signed-out' && data.token === token) change(undefined);
  });

  return {
    get,
    /** Why the last token was cleared, if not by the user. */
    notice: () => notice,
    set: (token: string) => change(token),
    /** Signs out of all tabs. @param newNotice message for the sign-in form of this tab */
    clear(newNotice?: string) {
      const token = get();
      change(undefined, newNotice);
      if (token) send({ type: 'signed-out', token });
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Takes over the token of another tab, if one is signed in. */
    async requestFromOtherTabs(): Promise<void> {
      if (get()) return;
      const token = await new Promise<string | undefined>((resolve) => {
        onToken = resolve;
        send({ type: 'request' });
        setTimeout(resolve, TAB_REPLY_TIMEOUT_MS);
      });
      onToken = undefined;
      if (token) change(token);
    },
  };
}
export type Tokens = ReturnType<typeof openTokens>;
