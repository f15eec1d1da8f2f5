import { useApolloClient } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import { type Failure, failureOf, isAbort } from '../api/failure.ts';
import type { Watched } from '../api/request.ts';

/** Where the sending of a photo stands. */
export type Sending =
  | { at: 'rest' }
  | { at: 'sending'; share: number }
  | { at: 'processing' }
  | { at: 'failed'; failure: Failure };

type Work = (client: ReturnType<typeof useApolloClient>, watched: Watched) => Promise<unknown>;

/** Runs one upload at a time; it is cancelled with the dialog. */
export function useUpload(onDone: () => void) {
  const client = useApolloClient();
  const [sending, setSending] = useState<Sending>({ at: 'rest' });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);

  async function start(work: Work) {
    controller.current = new AbortController();
    const { signal } = controller.current;
    const onProgress = (share: number) =>
      setSending(share < 1 ? { at: 'sending', share } : { at: 'processing' });
    setSending({ at: 'sending', share: 0 });
    try {
      await work(client, { onProgress, signal });
      if (signal.aborted) return;
      setSending({ at: 'rest' });
      onDone();
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      setSending({ at: 'failed', failure: failureOf(error) });
    }
  }

  function cancel() {
    controller.current?.abort();
    setSending({ at: 'rest' });
  }

  return {
    sending,
    start,
    cancel,
    isBusy: sending.at === 'sending' || sending.at === 'processing',
  };
}
