import { domainToASCII } from 'node:url';

/** An e-mail address in the two forms that are stored. */
export interface Email {
  /** As typed, trimmed and in NFC: for display. */
  text: string;
  /** Equal for all spellings of one address: for sign-in (`emailKeyOf`), unique indexes and rate limits. */
  key: string;
}

/** RFC 5321 (4.5.3.1.3): 256 octets, two of them the angle brackets. */
const MAX_EMAIL = 254;
/** Code units beyond which a text is not even normalized: a sign-in may carry a megabyte. */
const MAX_TYPED = 1_000;
/** Dot-atom of RFC 5322 (3.2.3), 64 octets (RFC 5321, 4.5.3.1.1). Neither quoted nor internationalized (RFC 6531). */
const LOCAL_PART = /^(?=.{1,64}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** What a domain may contain before IDNA: of ASCII only this, for a URL parser reads the rest as port, path or escape. */
const TYPED_DOMAIN = /^(?:[a-z\d.-]|[^\0-\x7f])+$/i;
/** After IDNA: at least two labels, the last of them not a number, which would be an IPv4 address. */
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?:[a-z]{2,63}|xn--[a-z\d-]{1,59})$/;

/**
 * The canonical form of an e-mail address; undefined for a text that is not one.
 *
 * The case rule: the local part is ASCII and compared without case, although RFC 5321 (2.4) lets a host distinguish it,
 * because people do not. The domain is compared in its IDNA form (UTS #46, as browsers send it), without a final dot.
 * It is computed here alone: PostgreSQL's `lower` depends on the locale and does not know IDNA.
 */
export function canonicalEmail(typed: string): Email | undefined {
  const text = trimmed(typed);
  if (text === undefined || text.length > MAX_EMAIL) return undefined;
  const at = text.lastIndexOf('@');
  const [local, typedDomain] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || !LOCAL_PART.test(local) || !TYPED_DOMAIN.test(typedDomain)) return undefined;

  const domain = domainToASCII(typedDomain).toLowerCase().replace(/\.$/, '');
  const key = `${local.toLowerCase()}@${domain}`;
  return DOMAIN.test(domain) && key.length <= MAX_EMAIL ? { text, key } : undefined;
}

/** Starts the key of an address that is no longer accepted. A local part cannot contain `:`, so no canonical key starts so. */
const LEGACY_PREFIX = 'legacy:';
/** Code units of the longest address that an earlier release accepted: 64, `@`, 254. Bounds the index entry as well. */
const MAX_LEGACY = 319;

/**
 * The key that an account is stored and found under: the canonical form, or, for an address that is no longer accepted
 * (quoted or internationalized local part, odd domain), the trimmed text without case, as earlier releases compared it.
 * New addresses must have a canonical form (`canonicalEmail`).
 *
 * @returns undefined for a text that was never an e-mail address
 */
export function emailKeyOf(typed: string): string | undefined {
  const canonical = canonicalEmail(typed);
  if (canonical) return canonical.key;
  const text = trimmed(typed)?.toLowerCase();
  if (text === undefined || text.length > MAX_LEGACY || !/.@./.test(text)) return undefined;
  return LEGACY_PREFIX + text;
}

/** ASCII alone: case differs in one way only, and nobody can pass for another with a letter that looks the same. */
export const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._-]{1,28}[A-Za-z0-9]$/;

/** The username that was meant, in its own case; undefined for a text that cannot be one. */
export function canonicalUsername(typed: string): string | undefined {
  const text = trimmed(typed);
  return text !== undefined && USERNAME.test(text) ? text : undefined;
}

/**
 * The password that a text stands for: NFC, every space as U+0020, nothing trimmed. Keyboards differ in what they send
 * for one and the same letter.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8265 (4.2, OpaqueString)
 */
export const preparePassword = (typed: string) => typed.replace(/\p{Zs}/gu, ' ').normalize('NFC');

/** Line breaks, tabs, U+0000 and the like, which no keyboard types into a field. */
export const hasControls = (text: string) => /\p{Cc}/u.test(text);

const trimmed = (typed: string) =>
  typed.length > MAX_TYPED || hasControls(typed) ? undefined : typed.trim().normalize('NFC');
