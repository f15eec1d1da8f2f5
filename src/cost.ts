import type { ComplexityEstimator } from 'graphql-query-complexity';

/** What an operation costs that does more than read rows, in fields read; a request has 6,000 of them (http/limits.ts). */
export const COSTS = {
  /** A password is hashed, which takes a core for 50 ms on purpose: three in a request, not thirty. */
  password: 1_500,
  /** A photo is decoded, or allowed to be: once. */
  photo: 3_000,
} as const;

/** A page costs what it shows, as often as it has rows. */
export const costOfPage =
  (defaultSize: number): ComplexityEstimator =>
  ({ args: { first, last }, childComplexity }) =>
    // A negative page is refused later, and must not pay for another until then.
    1 + Math.max(0, first ?? last ?? defaultSize) * childComplexity;

/** What is done costs this much, whatever of it is shown. */
export const costOf =
  (cost: number): ComplexityEstimator =>
  ({ childComplexity }) =>
    cost + childComplexity;
