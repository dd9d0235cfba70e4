import { msFromRfc3339, rfc3339 } from '../rfc3339.ts';

const STRICT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function isStrict(text: string): boolean {
  const match = STRICT.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // Date.parse lets 31 February roll over; a schema does not.
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/**
 * A moment as the schemas want it. Text that is right stays as it is, in its own zone; text without a zone (which is
 * read leniently) becomes UTC. Null: it is no moment.
 */
export function instant(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  if (isStrict(text)) return text;
  const ms = msFromRfc3339(text.replace(' ', 'T'));
  const year = ms === null ? -1 : new Date(ms).getUTCFullYear();
  return ms === null || year < 0 || year > 9999 ? null : rfc3339(ms);
}

/** True when a moment is given that is none. Leaving such a bound out would change what the message means. */
export function isBadInstant(text: unknown): boolean {
  return text !== undefined && instant(text) === null;
}

/** The moment, or undefined when none is given. Only for text that is checked already. */
export function optionalInstant(text: unknown): string | undefined {
  return instant(text) ?? undefined;
}
