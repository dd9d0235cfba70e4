import type { Address } from '../../runtime/address.ts';

/**
 * Address ↔ subject, one to one: `charger/cp-01` of site `north` is `holdfast.north.charger.cp-01.cmd`; each part of
 * an id between slashes is a token of its own. NATS gives `.`, `*`, `>` and spaces a meaning, and OCPP identifiers
 * may hold some of them, so tokens are written in [A-Za-z0-9_-] only: `__` for an underscore, `_HH` (hex) for
 * another ASCII character, `_uHHHH` for any other UTF-16 unit, and a lone `_` for an empty part.
 */
const ROOT = 'holdfast';
const LEAF = 'cmd';
const PLAIN = /^[A-Za-z0-9-]+$/;

/** What a credential of this site may publish or subscribe to: everything of the site, nothing else. */
export function siteSubjects(siteId: string): string {
  return `${ROOT}.${escapeToken(siteId)}.>`;
}

export function addressToSubject(siteId: string, address: Address): string {
  const tokens = address.split('/').map(escapeToken);
  return `${ROOT}.${escapeToken(siteId)}.${tokens.join('.')}.${LEAF}`;
}

/** Undefined for a subject that this site's {@link addressToSubject} would not have written. */
export function subjectToAddress(siteId: string, subject: string): Address | undefined {
  const prefix = `${ROOT}.${escapeToken(siteId)}.`;
  const suffix = `.${LEAF}`;
  if (!subject.startsWith(prefix) || !subject.endsWith(suffix)) return undefined;
  const parts: string[] = [];
  for (const token of subject.slice(prefix.length, -suffix.length).split('.')) {
    const part = unescapeToken(token);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  const [kind, ...id] = parts;
  return kind === undefined || id.length === 0 ? undefined : `${kind}/${id.join('/')}`;
}

export function escapeToken(text: string): string {
  if (PLAIN.test(text)) return text;
  if (text === '') return '_';
  let token = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const unit = text.charCodeAt(index);
    if (PLAIN.test(character)) token += character;
    else if (character === '_') token += '__';
    else if (unit < 0x80) token += `_${hex(unit, 2)}`;
    else token += `_u${hex(unit, 4)}`;
  }
  return token;
}

/** Undefined where the token is not the one spelling that {@link escapeToken} gives. */
export function unescapeToken(token: string): string | undefined {
  if (PLAIN.test(token)) return token;
  if (token === '_') return '';
  const text = token.replace(/__|_u[0-9A-F]{4}|_[0-9A-F]{2}/g, (escaped) => {
    if (escaped === '__') return '_';
    return String.fromCharCode(Number.parseInt(escaped.slice(escaped.charAt(1) === 'u' ? 2 : 1), 16));
  });
  return token !== '' && escapeToken(text) === token ? text : undefined;
}

function hex(unit: number, digits: number): string {
  return unit.toString(16).toUpperCase().padStart(digits, '0');
}
