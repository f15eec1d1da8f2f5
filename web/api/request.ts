/** Options of a request whose upload progress is shown, which `fetch` does not report. */
export interface TransferOptions {
  /** Receives the share of the body that has been sent, 0 to 1. */
  onProgress?: ((share: number) => void) | undefined;
  signal?: AbortSignal | null | undefined;
}

interface Request extends TransferOptions {
  url: string;
  headers?: HeadersInit | undefined;
  body: FormData;
}

/**
 * Posts a form and reports its upload progress.
 *
 * @throws TypeError if the connection fails, like `fetch`; DOMException AbortError
 */
export function sendForm({ url, headers, body, onProgress, signal }: Request): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open('POST', url);
    for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded / total);
    request.onload = () => resolve(responseOf(request));
    request.onerror = () => reject(new TypeError('The connection failed.'));
    request.onabort = () => reject(new DOMException('Cancelled.', 'AbortError'));
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    if (signal?.aborted) return request.onabort?.(new ProgressEvent('abort'));
    signal?.addEventListener('abort', abort);
    request.send(body);
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const { status, statusText, responseText } = request;
  const headers = { 'content-type': request.getResponseHeader('content-type') ?? '' };
  return new Response(status === 204 ? null : responseText, { status, statusText, headers });
}

/** `fetch` for Apollo's link. Forms with `onProgress` go through `sendForm`. */
export function fetchWithProgress(
  url: RequestInfo | URL,
  options: RequestInit & TransferOptions = {},
): Promise<Response> {
  const { body, headers, onProgress, signal } = options;
  if (!onProgress || !(body instanceof FormData)) return fetch(url, options);
  return sendForm({ url: String(url), headers, body, onProgress, signal });
}
