/** Equal share of a capacity: max-min fair with a cap per connector, the minimum or a pause, integers throughout. */
import { floorToLimitStep, LIMIT_STEP_MILLIAMPS } from '../shared/units.ts';

export interface Claim {
  key: string;
  /** The most it may get: rating and CPMS profile. */
  capMilliamps: number;
  /** Reserved for it whatever it gets: its fail-safe limit. */
  floorMilliamps: number;
  /** Earliest is served first when not all can have the minimum. */
  queuedAt: number;
}

/**
 * Why a connector gets what it gets; translatable, with its numbers. From here: `budget.equalShare`, `budget.cap`,
 * `budget.waiting` (not even the minimum is left) and `budget.capBelowMinimum`.
 */
export interface LimitedBy {
  code: string;
  params: Record<string, number>;
}

export interface Share {
  limitMilliamps: number;
  limitedBy: LimitedBy;
}

interface Seat extends Claim {
  admitted: boolean;
}

/**
 * Shares `capacityMilliamps` (already net of what others may draw). The sum over all claims of the higher of limit and
 * floor stays within the capacity; when not even the floors fit, floors give no claim and the sum of the limits does.
 * Every limit is 0 or between `minMilliamps` and the cap, in steps of 100 mA.
 */
export function allocate(question: {
  claims: readonly Claim[];
  capacityMilliamps: number;
  minMilliamps: number;
}): Map<string, Share> {
  const { capacityMilliamps, minMilliamps } = question;
  const floors = question.claims.reduce((sum, claim) => sum + claim.floorMilliamps, 0);
  const seats = admit(
    question.claims.map((claim) => ({
      ...claim,
      capMilliamps: floorToLimitStep(claim.capMilliamps),
      floorMilliamps: floors <= capacityMilliamps ? claim.floorMilliamps : 0,
    })),
    capacityMilliamps,
    minMilliamps,
  );
  const admitted = seats.filter((seat) => seat.admitted);
  const level = highestLevel(seats, capacityMilliamps, minMilliamps);
  const numbers = { capacityMilliamps, shareCount: admitted.length };
  return new Map(
    seats.map((seat) => {
      const limitMilliamps = limitAtLevel(seat, level, minMilliamps);
      return [
        seat.key,
        { limitMilliamps, limitedBy: reasonFor(seat, limitMilliamps, minMilliamps, numbers) },
      ];
    }),
  );
}

/** Gives the minimum in the order of the queue, as far as it reaches. */
function admit(claims: Claim[], capacityMilliamps: number, minMilliamps: number): Seat[] {
  const ordered = [...claims].sort(
    (a, b) => a.queuedAt - b.queuedAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  let used = ordered.reduce((sum, claim) => sum + claim.floorMilliamps, 0);
  return ordered.map((claim) => {
    const extra = Math.max(0, minMilliamps - claim.floorMilliamps);
    const admitted = claim.capMilliamps >= minMilliamps && used + extra <= capacityMilliamps;
    if (admitted) used += extra;
    return { ...claim, admitted };
  });
}

function limitAtLevel(seat: Seat, level: number, minMilliamps: number): number {
  if (!seat.admitted) return 0;
  const least = Math.max(minMilliamps, floorToLimitStep(seat.floorMilliamps));
  return Math.min(seat.capMilliamps, Math.max(least, level));
}

/** The highest common level that fits, in steps; found by halving, as the sum grows with the level. */
function highestLevel(seats: Seat[], capacityMilliamps: number, minMilliamps: number): number {
  const fits = (level: number) =>
    seats.reduce(
      (sum, seat) => sum + Math.max(seat.floorMilliamps, limitAtLevel(seat, level, minMilliamps)),
      0,
    ) <= capacityMilliamps;
  let low = 0;
  let high = Math.max(0, ...seats.map((seat) => seat.capMilliamps)) / LIMIT_STEP_MILLIAMPS;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle * LIMIT_STEP_MILLIAMPS)) low = middle;
    else high = middle - 1;
  }
  return low * LIMIT_STEP_MILLIAMPS;
}

function reasonFor(
  seat: Seat,
  limitMilliamps: number,
  minMilliamps: number,
  numbers: { capacityMilliamps: number; shareCount: number },
): LimitedBy {
  if (seat.capMilliamps < minMilliamps) {
    return { code: 'budget.capBelowMinimum', params: { capMilliamps: seat.capMilliamps, minMilliamps } };
  }
  if (!seat.admitted) return { code: 'budget.waiting', params: { ...numbers, minMilliamps } };
  if (limitMilliamps === seat.capMilliamps) {
    return { code: 'budget.cap', params: { ...numbers, capMilliamps: seat.capMilliamps } };
  }
  return { code: 'budget.equalShare', params: numbers };
}
