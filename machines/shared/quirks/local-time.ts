/** ISO 8601 without a zone; a space for the T and missing seconds are seen in the field. */
const ZONELESS = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(\.\d{1,9})?)?$/;

const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;

/**
 * Reads wall-clock texts of one IANA time zone: RFC 3339 in UTC, null for any other text. An hour that comes twice when
 * the clocks go back, or not at all when they go forward, is not read: it would be a guess.
 */
export function utcReader(timeZone: string): (local: string) => string | null {
  let offsetAt: ((atMs: number) => number) | undefined;
  return (local) => {
    const told = ZONELESS.exec(local);
    if (told === null) return null;
    const [, date, minutes, seconds = '00', fraction = ''] = told;
    const wall = `${date}T${minutes}:${seconds}`;
    const wallMs = Date.parse(`${wall}Z`);
    // Date.parse lets 31 February roll over.
    if (Number.isNaN(wallMs) || isoSeconds(wallMs) !== wall) return null;
    offsetAt ??= offsetsOf(timeZone);
    const atMs = momentOf(wallMs, offsetAt);
    return atMs === null ? null : `${isoSeconds(atMs)}${fraction}Z`;
  };
}

/** Whatever offset holds at the moment holds a day before or after it, as clocks are not changed twice in that time. */
function momentOf(wallMs: number, offsetAt: (atMs: number) => number): number | null {
  const moments = new Set<number>();
  for (const nearbyMs of [wallMs - DAY_MS, wallMs + DAY_MS]) {
    const atMs = wallMs - offsetAt(nearbyMs);
    if (atMs + offsetAt(atMs) === wallMs) moments.add(atMs);
  }
  const [only] = moments;
  return moments.size === 1 && only !== undefined ? only : null;
}

function isoSeconds(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length);
}

/** By how much the zone's clocks are ahead of UTC at a moment. */
function offsetsOf(timeZone: string): (atMs: number) => number {
  const number = '2-digit';
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: number,
    day: number,
    hour: number,
    minute: number,
    second: number,
  });
  return (atMs) => {
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const shownMs = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return shownMs - Math.floor(atMs / SECOND_MS) * SECOND_MS;
  };
}
