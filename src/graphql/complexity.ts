import type { ComplexityEstimator } from 'graphql-query-complexity';

/** What an operation costs that does more than read rows, in fields read; a request has 6,000 of them (http/limits.ts). */
export const COSTS = {
  /** A password is hashed, which takes a core for 50 ms on purpose: three in a request, not thirty. */
  password: 1_500,
  /** A photo is decoded, or allowed to be: once. */
  photo: 3_000,
  /**
   * PostgreSQL looks for matches of a search, or counts users: 10 to 100 ms, where a field takes 5 µs. A
   * request has five pages with both, and everything about 100 users who are searched and counted still fits.
   */
  search: 500,
  count: 500,
} as const;

/**
 * Cost of `totalCount` within its page. It is counted once, however many rows the page has: more than all fields of a
 * row can cost (a request has 10,000 nodes), so that `costOfPage` tells it from them.
 */
export const COUNTED = 1_000_000;

/** The fields of a row as often as there are rows, a search once, and a count once. */
export const costOfPage =
  (defaultSize: number): ComplexityEstimator =>
  ({ args: { first, last, filter }, childComplexity }) => {
    // A negative page is refused later, and must not pay for another until then.
    const rows = Math.max(0, first ?? last ?? defaultSize);
    const counts = Math.floor(childComplexity / COUNTED) * COSTS.count;
    const search = filter?.search?.trim() ? COSTS.search : 0;
    return 1 + rows * (childComplexity % COUNTED) + search + counts;
  };

/** What is done costs this much, whatever of it is shown. */
export const fixedCost =
  (cost: number): ComplexityEstimator =>
  ({ childComplexity }) =>
    cost + childComplexity;
