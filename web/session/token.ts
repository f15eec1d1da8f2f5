const KEY = 'portrait.token';

/** ms that a new tab waits for another one to hand its token over. */
const PATIENCE = 80;

type Word = { says: 'who is signed in?' } | { says: 'this is' | 'signed out'; token: string };

/**
 * Where the token rests: in this tab's session storage, so that a reload keeps it and closing the tab ends it; nothing
 * stays on the disk of a shared computer. Tabs hand it to each other over a channel of their own origin, so that a
 * person opened in a new tab need not sign in again, and signing out of one is signing out of all.
 */
export function openTokens() {
  const channel = new BroadcastChannel('portrait');
  const listeners = new Set<() => void>();
  let notice: string | undefined;
  let arrived: ((token: string) => void) | undefined;

  const tell = (word: Word) => channel.postMessage(word);
  const read = () => sessionStorage.getItem(KEY) ?? undefined;
  const change = (token: string | undefined, why?: string) => {
    if (token) sessionStorage.setItem(KEY, token);
    else sessionStorage.removeItem(KEY);
    notice = why;
    for (const listener of listeners) listener();
  };

  channel.addEventListener('message', ({ data }: MessageEvent<Word>) => {
    const token = read();
    if (data.says === 'who is signed in?' && token) tell({ says: 'this is', token });
    if (data.says === 'this is') arrived?.(data.token);
    if (data.says === 'signed out' && data.token === token) change(undefined);
  });

  return {
    read,
    /** Why the last token went, if not by signing out. */
    notice: () => notice,
    keep: (token: string) => change(token),
    /** @param why to be told to whoever was signed in */
    forget(why?: string) {
      const token = read();
      change(undefined, why);
      if (token) tell({ says: 'signed out', token });
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Takes over the token of another tab, if there is one. */
    async inherit(): Promise<void> {
      if (read()) return;
      const token = await new Promise<string | undefined>((resolve) => {
        arrived = resolve;
        tell({ says: 'who is signed in?' });
        setTimeout(resolve, PATIENCE);
      });
      arrived = undefined;
      if (token) change(token);
    },
  };
}
export type Tokens = ReturnType<typeof openTokens>;
