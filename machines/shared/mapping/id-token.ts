import type { LostField, Payload } from './mapping.ts';
import { type Refusal, refusal } from './outcome.ts';

/** IdTokenType of OCPP 2.0.1. */
export interface IdToken {
  idToken: string;
  type: string;
  additionalInfo?: unknown[];
}

/** CiString20Type. */
const ID_TAG_LENGTH_MAX = 20;

const HEX = /^[0-9a-f]+$/i;
/** 4, 7 and 10 bytes: the UID lengths of ISO 14443-3. */
const ISO14443_DIGITS = new Set([8, 14, 20]);
/** 8 bytes. */
const ISO15693_DIGITS = 16;
/** Country, provider, C, eight characters and perhaps a check digit, with or without dashes (ISO 15118-2, annex H). */
const EMAID = /^[a-z]{2}-?[a-z0-9]{3}-?c[a-z0-9]{8}(?:-?[a-z0-9])?$/i;

/** 1.6 does not say what kind of token an idTag is: guessed by its shape, else one that the CPMS made up. */
export function idTokenOf(idTag: string): Payload & { idToken: string; type: string } {
  return { idToken: idTag, type: typeOf(idTag) };
}

function typeOf(idTag: string): string {
  if (HEX.test(idTag)) {
    if (ISO14443_DIGITS.has(idTag.length)) return 'ISO14443';
    if (idTag.length === ISO15693_DIGITS) return 'ISO15693';
  }
  return EMAID.test(idTag) ? 'eMAID' : 'Central';
}

/** The idTag of a token. One that is too long is never cut: the rest might be another card. */
export function idTagOf({ idToken }: IdToken): string | Refusal {
  if (idToken.length === 0)
    return refusal('InvalidIdToken', 'the token has no text, and OCPP 1.6 needs an idTag');
  if (idToken.length > ID_TAG_LENGTH_MAX)
    return refusal('InvalidIdToken', 'the token is longer than the 20 characters of an OCPP 1.6 idTag');
  return idToken;
}

/** What of a token an idTag cannot hold. */
export function lostOfToken(path: string, token: IdToken): LostField[] {
  return token.additionalInfo === undefined ? [`${path}.type`] : [`${path}.type`, `${path}.additionalInfo`];
}
