import { domainToASCII } from 'node:url';

/** An e-mail address in the two forms that are stored. */
export interface Email {
  /** As typed, trimmed and in NFC: for display. */
  text: string;
  /** Equal for all spellings of one address: for sign-in (`emailKeyOf`), unique indexes and rate limits. */
  key: string;
}

/** RFC 5321 (4.5.3.1.3): 256 octets, two of them the angle brackets. */
const MAX_EMAIL_LENGTH = 254;
/** Code units beyond which a text is not even normalized: a sign-in may carry a megabyte. */
const MAX_INPUT_LENGTH = 1_000;
/** Dot-atom of RFC 5322 (3.2.3), 64 octets (RFC 5321, 4.5.3.1.1). Neither quoted nor internationalized (RFC 6531). */
const LOCAL_PART = /^(?=.{1,64}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** Characters of a domain before IDNA. Other ASCII is rejected, since a URL parser reads it as port, path or escape. */
const TYPED_DOMAIN = /^(?:[a-z\d.-]|[^\0-\x7f])+$/i;
/** After IDNA: at least two labels. The last one is not numeric, since that would be an IPv4 address. */
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?:[a-z]{2,63}|xn--[a-z\d-]{1,59})$/;

/**
 * Returns the canonical form of an e-mail address, or undefined if the text is not one.
 *
 * The local part is ASCII and case-insensitive: RFC 5321 (2.4) lets a host distinguish case, but people do not. The
 * domain is compared in its IDNA form (UTS #46, as browsers send it), without a final dot. Only JavaScript computes it
 * (ADR 0006): PostgreSQL's `lower` depends on the locale and does not implement IDNA.
 */
export function canonicalEmail(typed: string): Email | undefined {
  const text = trimmed(typed);
  if (text === undefined || text.length > MAX_EMAIL_LENGTH) return undefined;
  const at = text.lastIndexOf('@');
  const [local, typedDomain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !LOCAL_PART.test(local) || !TYPED_DOMAIN.test(typedDomain)) return undefined;

  const domain = domainToASCII(typedDomain).toLowerCase().replace(/\.$/, '');
  const key = `${local.toLowerCase()}@${domain}`;
  return DOMAIN.test(domain) && key.length <= MAX_EMAIL_LENGTH ? { text, key } : undefined;
}

/** Prefix of the key of an address that is no longer accepted. Canonical keys never have it: a local part cannot contain `:`. */
const LEGACY_PREFIX = 'legacy:';
/** Code units of the longest address accepted by earlier releases: 64, `@`, 254. Also bounds the size of the index entry. */
const MAX_LEGACY_LENGTH = 319;

/**
 * Returns the key under which an account is stored and looked up: the canonical form, or, for an address that is no longer
 * accepted (quoted or internationalized local part, odd domain), the trimmed lowercase text, as earlier releases compared it.
 * New addresses must have a canonical form (`canonicalEmail`).
 *
 * @returns undefined for a text that was never accepted as an e-mail address
 */
export function emailKeyOf(typed: string): string | undefined {
  const canonical = canonicalEmail(typed);
  if (canonical) return canonical.key;
  const text = trimmed(typed)?.toLowerCase();
  if (text === undefined || text.length > MAX_LEGACY_LENGTH || !/.@./.test(text)) return undefined;
  return LEGACY_PREFIX + text;
}

/** ASCII only: unambiguous case folding, and no impersonation with look-alike letters. */
export const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._-]{1,28}[A-Za-z0-9]$/;

/** Returns a username trimmed and in NFC, case preserved, or undefined if the text cannot be one. */
export function canonicalUsername(typed: string): string | undefined {
  const text = trimmed(typed);
  return text !== undefined && USERNAME.test(text) ? text : undefined;
}

/**
 * Normalizes a password: NFC, every space as U+0020, nothing trimmed. Keyboards send different code points for the same
 * letter.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8265 (4.2, OpaqueString)
 */
export const preparePassword = (typed: string) => typed.replace(/\p{Zs}/gu, ' ').normalize('NFC');

/** Whether a text has control characters (line breaks, tabs, U+0000), which cannot be typed into a field. */
export const hasControls = (text: string) => /\p{Cc}/u.test(text);

const trimmed = (typed: string) =>
  typed.length > MAX_INPUT_LENGTH || hasControls(typed) ? undefined : typed.trim().normalize('NFC');
