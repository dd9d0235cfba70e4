import { sha256 } from '../../sha256.ts';
import { type IdToken, idTokenOf } from '../id-token.ts';
import type { LostField, Payload } from '../mapping.ts';

/** CiString20Type. */
const ID_TAG_LENGTH_MAX = 20;
const PREFIX_LENGTH = 7;
const DIGITS = '0123456789abcdefghijklmnopqrstuv';
/** 60 bits: a second card of the same name cannot be sought out. */
const DIGEST_LENGTH = 12;
const SHORTENED = /^.{7}~[0-9a-v]{12}$/iu;

/** 1.6 says "no card" with an empty idTag; 2.0.1 has a type for it. Other idTags: see `idTokenOf`. */
export function tokenOf(idTag: string): Payload & { idToken: string; type: string } {
  return idTag === '' ? { idToken: '', type: 'NoAuthorization' } : idTokenOf(idTag);
}

/**
 * The idTag that a 2.0.1 token is called by in 1.6: the same text, in its own case. A token of type NoAuthorization is
 * the empty idTag. One of more than 20 characters is its first seven, `~` and twelve base-32 digits of the SHA-256 of
 * its upper-case text, always the same for the same card (tokens differ by more than case). A token that looks like
 * such a name already is hashed too, so that nobody can key in the name of another card.
 */
export function idTagFor({ idToken, type }: IdToken): string {
  if (type === 'NoAuthorization') return '';
  if (idToken.length <= ID_TAG_LENGTH_MAX && !SHORTENED.test(idToken)) return idToken;
  return `${[...idToken].slice(0, PREFIX_LENGTH).join('')}~${digestOf(idToken.toUpperCase())}`;
}

/** What of a token its idTag does not hold; with `idToken` itself when the text is not its own. */
export function lostOfIdToken(path: string, token: IdToken): LostField[] {
  const lost = [`${path}.type`];
  if (token.additionalInfo !== undefined) lost.push(`${path}.additionalInfo`);
  if (idTagFor(token) !== token.idToken) lost.push(`${path}.idToken`);
  return lost;
}

function digestOf(text: string): string {
  const [high = 0, low = 0] = sha256(text);
  let bits = (BigInt(high) << 32n) | BigInt(low);
  let digits = '';
  for (let i = 0; i < DIGEST_LENGTH; i++) {
    digits = `${DIGITS[Number(bits & 31n)]}${digits}`;
    bits >>= 5n;
  }
  return digits;
}
