import { useApolloClient } from '@apollo/client/react';
import { useEffect, useRef, useState } from 'react';
import { type Failure, failureOf, isAbort } from '../api/failure.ts';
import type { TransferOptions } from '../api/request.ts';

/** State of an upload. */
export type UploadState =
  | { status: 'idle' }
  | { status: 'uploading'; share: number }
  | { status: 'processing' }
  | { status: 'failed'; failure: Failure };

type Upload = (
  client: ReturnType<typeof useApolloClient>,
  options: TransferOptions,
) => Promise<unknown>;

/** Runs one upload at a time, and cancels it when the dialog closes. */
export function useUpload(onDone: () => void) {
  const client = useApolloClient();
  const [state, setState] = useState<UploadState>({ status: 'idle' });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);

  async function start(upload: Upload) {
    controller.current = new AbortController();
    const { signal } = controller.current;
    const onProgress = (share: number) =>
      setState(share < 1 ? { status: 'uploading', share } : { status: 'processing' });
    setState({ status: 'uploading', share: 0 });
    try {
      await upload(client, { onProgress, signal });
      if (signal.aborted) return;
      setState({ status: 'idle' });
      onDone();
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      setState({ status: 'failed', failure: failureOf(error) });
    }
  }

  function cancel() {
    controller.current?.abort();
    setState({ status: 'idle' });
  }

  return {
    state,
    start,
    cancel,
    isBusy: state.status === 'uploading' || state.status === 'processing',
  };
}
