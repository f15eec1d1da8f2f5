/** What no setting moves, because the machinery or the product depends on it. */
export const LIMITS = {
  /** Bytes of photo sent inside one call: Lambda takes 6 MiB, base64 costs a third (4,718,592), the rest is envelope. */
  inlineBytes: 4_500_000,
  /** Edge of the clean master, px: 4x the largest square on a dense display, 3.1 million pixels at 4:3. */
  masterSide: 2048,
  /** Shortest edge accepted, px: below it there is no face to show. */
  minSide: 32,
  /** Longest edge accepted, px: WebP's own limit, beyond every camera. */
  maxSide: 16_383,
} as const;

/** Seconds that a call of the function may take: less than the 30 of API Gateway; a batch of uploads may take longer. */
export const FUNCTION_TIMEOUT_S = { http: 28, queue: 60 } as const;

/** Photos that one call from the queue is given: the slowest take some seconds each. */
export const QUEUE_BATCH_SIZE = 5;
