const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,9})(ms|s|m|h|d)$/;

/** The longest duration a site file may ask for: one year. */
export const DURATION_MAX_MS = 365 * UNIT_MS.d;

/** Milliseconds of a duration text such as `30s`, `10m`, `2h` or `7d`; undefined if it is none, or above a year. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (!match) return undefined;
  const durationMs = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  return durationMs <= DURATION_MAX_MS ? durationMs : undefined;
}
