import type { ComplexityEstimator } from 'graphql-query-complexity';

/** Cost of operations that do more than read rows, in fields; the limit is 6,000 (operation-cost.ts). */
export const COSTS = {
  /** Hashing a password takes 50 ms of CPU on purpose: three per request, not thirty. */
  password: 1_500,
  /** Decoding a photo, or permitting an upload: one per request. */
  photo: 3_000,
  /**
   * Searching or counting users takes PostgreSQL 10 to 100 ms; a field takes 5 µs. A request may have five pages with
   * both, and all fields of 100 users, searched and counted, still fit.
   */
  search: 500,
  count: 500,
} as const;

/**
 * Marks `totalCount` among the fields of its page, since it is counted once instead of per row. Higher than the cost of
 * all other fields of a row (a request has at most 10,000 nodes), so that `costOfPage` can separate the two.
 */
export const COUNTED = 1_000_000;

/** Cost of a page: its fields times the number of rows, plus one search and one count. */
export const costOfPage =
  (defaultSize: number): ComplexityEstimator =>
  ({ args: { first, last, filter }, childComplexity }) => {
    // A negative page size is rejected later, and must not offset the cost of another page.
    const rows = Math.max(0, first ?? last ?? defaultSize);
    const counts = Math.floor(childComplexity / COUNTED) * COSTS.count;
    const search = filter?.search?.trim() ? COSTS.search : 0;
    return 1 + rows * (childComplexity % COUNTED) + search + counts;
  };

/** Cost of an action, plus the selected fields. */
export const fixedCost =
  (cost: number): ComplexityEstimator =>
  ({ childComplexity }) =>
    cost + childComplexity;
