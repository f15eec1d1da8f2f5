/** Fixed limits: AWS or the product depends on them. */
export const LIMITS = {
  /** Bytes of a photo sent in one Lambda invocation: Lambda takes 6 MiB, base64 costs a third (4,718,592), the rest is envelope. */
  inlineBytes: 4_500_000,
  /** Longest side of the master, px: 4x the largest square on a dense display, 3.1 million pixels at 4:3. */
  masterSide: 2048,
  /** Shortest side accepted, px: anything smaller shows no face. */
  minSide: 32,
  /** Longest side accepted, px: the limit of WebP, beyond every camera. */
  maxSide: 16_383,
} as const;

/** Timeout of one invocation, s: below the 30 s of API Gateway; a batch of uploads may take longer. */
export const FUNCTION_TIMEOUT_S = { http: 28, queue: 60 } as const;

/** Photos per invocation from the queue: the slowest take several seconds each. */
export const QUEUE_BATCH_SIZE = 5;

/** Attempts to process a message before it moves to the dead-letter queue. */
export const MAX_RECEIVE_COUNT = 5;
