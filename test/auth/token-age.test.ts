import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOCK_TOLERANCE_S, refuseOutdated } from '../../src/auth/oidc/token-age.ts';

const REVOKED_AT = new Date('2026-01-01T12:00:00.250Z');
const s = REVOKED_AT.getTime() / 1000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: REVOKED_AT });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a provider's token", () => {
  test.each([
    ['in the very second of a revocation', Math.floor(s)],
    ['at the moment of a revocation', s],
    ['by a clock that is ahead, just within the tolerance', s + CLOCK_TOLERANCE_S - 0.001],
    ['before a revocation', s - 1],
  ])('issued %s is rejected', (_, issuedAt) => {
    expect(() => refuseOutdated(issuedAt, REVOKED_AT)).toThrow(/revoked/);
  });

  test('issued after the tolerance is accepted', () => {
    expect(refuseOutdated(s + CLOCK_TOLERANCE_S, REVOKED_AT)).toBeUndefined();
  });

  test('that may be newer than the revocation is told how long to wait', () => {
    vi.setSystemTime(REVOKED_AT.getTime() + 10_000);

    expect(() => refuseOutdated(s + 5, REVOKED_AT)).toThrow(/Sign in again in 20 seconds/);
  });

  test('that is certainly older is not', () => {
    expect(() => refuseOutdated(s - 1, REVOKED_AT)).toThrow(/invalid, expired or revoked/);
  });
});
