/** What `fetch` cannot do: tell how much of a body has left. */
export interface Watched {
  /** Share of the body that has been sent, 0 to 1. */
  onProgress?: ((share: number) => void) | undefined;
  signal?: AbortSignal | null | undefined;
}

interface Request extends Watched {
  url: string;
  headers?: HeadersInit | undefined;
  body: FormData;
}

/**
 * Sends a form and watches it leave.
 *
 * @throws TypeError when the connection fails, as fetch does; DOMException AbortError
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

/** `fetch` for Apollo's link: a form whose sender wants to see it leave goes by `sendForm`. */
export function fetchWatched(
  url: RequestInfo | URL,
  options: RequestInit & Watched = {},
): Promise<Response> {
  const { body, headers, onProgress, signal } = options;
  if (!onProgress || !(body instanceof FormData)) return fetch(url, options);
  return sendForm({ url: String(url), headers, body, onProgress, signal });
}
