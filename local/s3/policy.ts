import { z } from 'zod';
import { S3Error } from './error.ts';
import type { Fields } from './multipart-form.ts';

export interface SizeRange {
  /** bytes */
  min: number;
  /** bytes */
  max: number;
}

interface Match {
  operator: 'eq' | 'starts-with';
  /** As written in the policy: `$Content-Type`. */
  name: string;
  value: string;
}

const bytes = z.union([z.int(), z.stringFormat('digits', /^\d+$/).transform(Number)]);
const Condition = z.union([
  z.tuple([z.literal('content-length-range'), bytes, bytes]),
  z.tuple([z.enum(['eq', 'starts-with']), z.string().startsWith('$'), z.string()]),
  z
    .record(z.string(), z.string())
    .refine((pairs) => Object.keys(pairs).length === 1)
    .transform((pairs) => {
      const [[name, value] = ['', '']] = Object.entries(pairs);
      return ['eq', `$${name}`, value] as const;
    }),
]);
const Policy = z.object({
  expiration: z.iso.datetime().transform((time) => new Date(time)),
  conditions: z.array(Condition),
});

/**
 * Verifies that the policy allows the form: not expired, every condition met, no field without a condition.
 *
 * @param bucket the bucket that the form was sent to
 * @returns the accepted size of the file
 * @throws S3Error
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export function checkPolicy(fields: Fields, bucket: string): SizeRange {
  const { expiration, conditions } = parsePolicy(fields.get('policy') ?? '');
  if (expiration.getTime() <= Date.now()) throw denied('Policy expired.');

  const filled = new Map([['bucket', bucket], ...fields]);
  const size: SizeRange = { min: 0, max: MAX_BYTES };
  const named = new Set<string>();
  for (const [operator, first, second] of [...conditions, ['eq', '$bucket', bucket] as const]) {
    if (operator === 'content-length-range') {
      size.min = Math.max(size.min, first);
      size.max = Math.min(size.max, second);
      continue;
    }
    const match = { operator, name: first, value: second };
    if (!holds(match, filled)) throw denied(`Policy Condition failed: ${format(match)}`);
    named.add(fieldName(match));
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !isFree(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return size;
}

/** S3's limit for one request: 5 GiB. */
const MAX_BYTES = 5 * 1024 ** 3;

function parsePolicy(encoded: string) {
  const invalid = (problem: string) =>
    new S3Error('InvalidPolicyDocument', `Invalid Policy: ${problem}`);
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(encoded, 'base64').toString());
  } catch {
    throw invalid('Invalid JSON.');
  }
  const read = Policy.safeParse(policy);
  if (read.success) return read.data;
  const [part = 'document', index] = read.error.issues[0]?.path ?? [];
  throw invalid(index === undefined ? `Invalid '${String(part)}'.` : 'Invalid Condition.');
}

const denied = (problem: string) =>
  new S3Error('AccessDenied', `Invalid according to Policy: ${problem}`);

const fieldName = ({ name }: Match) => name.slice(1).toLowerCase();

function holds(match: Match, fields: Fields) {
  const actual = fields.get(fieldName(match));
  if (actual === undefined) return false;
  if (match.operator === 'eq') return actual === match.value;
  // A form may list several types; each must be allowed.
  const values = fieldName(match) === 'content-type' ? actual.split(/,\s*/) : [actual];
  return values.every((value) => value.startsWith(match.value));
}

/** `["eq", "$key", "temp/1"]` */
const format = ({ operator, name, value }: Match) =>
  `[${[operator, name, value].map((part) => JSON.stringify(part)).join(', ')}]`;

const isFree = (name: string) =>
  ['policy', 'x-amz-signature', 'file'].includes(name) || name.startsWith('x-ignore-');
