/**
 * What a site risks on its own word: drivers whom it let in while the CPMS could not say anything about them may
 * draw so much, and for so long, until the CPMS has spoken.
 */

/** `listed`: on a list of the site or of the CPMS; `cached`: the CPMS took it before; `unknown`: neither. */
export type TokenClass = 'listed' | 'cached' | 'unknown';

export const TOKEN_CLASSES: readonly TokenClass[] = ['listed', 'cached', 'unknown'];

/** Null: not bounded. */
export interface ExposureCap {
  maxEnergyWh: number | null;
  maxDurationMs: number | null;
}

export interface ExposureRules {
  caps: Readonly<Record<TokenClass, ExposureCap>>;
  /** What holds instead once the CPMS has been away for that long; null: nothing else. */
  longOutage: {
    afterMs: number;
    caps: Readonly<Record<TokenClass, ExposureCap>>;
    /** Not let in any more. */
    rejected: readonly TokenClass[];
  } | null;
}

/** The cap of a transaction that begins after so long an outage; null where it is not bounded. */
export function capFor(rules: ExposureRules, tokenClass: TokenClass, outageMs: number): ExposureCap | null {
  const { caps } = longOutageOf(rules, outageMs) ?? rules;
  const cap = caps[tokenClass];
  return cap.maxEnergyWh === null && cap.maxDurationMs === null ? null : cap;
}

/** The CPMS has been away for too long for cards of this class. */
export function isShutOut(rules: ExposureRules, tokenClass: TokenClass, outageMs: number): boolean {
  return longOutageOf(rules, outageMs)?.rejected.includes(tokenClass) ?? false;
}

function longOutageOf({ longOutage }: ExposureRules, outageMs: number): ExposureRules['longOutage'] {
  return longOutage !== null && outageMs >= longOutage.afterMs ? longOutage : null;
}
