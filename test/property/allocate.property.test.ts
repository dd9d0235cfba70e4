import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allocate, type Claim } from '../../machines/site-budget/allocate.ts';

const MIN = 6_000;

const claims: fc.Arbitrary<Claim[]> = fc
  .array(
    fc.record({
      capMilliamps: fc.integer({ min: 0, max: 32_000 }),
      floorMilliamps: fc.constantFrom(0, 0, 6_000, 10_000),
      queuedAt: fc.nat(5),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map((claim, index) => ({ key: `c${index}`, ...claim })));

/** Max-min by hand: everybody admitted goes up by one step in turn until nothing fits any more. */
function slowly(list: Claim[], capacity: number): Map<string, number> {
  const floors = list.reduce((sum, claim) => sum + claim.floorMilliamps, 0) <= capacity;
  const seats = [...list]
    .sort((a, b) => a.queuedAt - b.queuedAt || (a.key < b.key ? -1 : 1))
    .map((claim) => ({
      ...claim,
      cap: claim.capMilliamps - (claim.capMilliamps % 100),
      floor: floors ? claim.floorMilliamps : 0,
      limit: 0,
    }));
  const used = () => seats.reduce((sum, seat) => sum + Math.max(seat.floor, seat.limit), 0);
  for (const seat of seats) {
    if (seat.cap < MIN) continue;
    seat.limit = Math.min(seat.cap, Math.max(MIN, seat.floor));
    if (used() > capacity) seat.limit = 0;
  }
  for (let level = MIN; level <= 32_000; level += 100) {
    const before = seats.map((seat) => seat.limit);
    for (const seat of seats)
      if (seat.limit > 0) seat.limit = Math.max(seat.limit, Math.min(seat.cap, level));
    if (used() <= capacity) continue;
    seats.forEach((seat, index) => {
      seat.limit = before[index]!;
    });
    break;
  }
  return new Map(seats.map((seat) => [seat.key, seat.limit]));
}

describe('sharing a capacity', () => {
  test('never gives more than there is, and nothing that is not 0 or between the minimum and the cap', () => {
    fc.assert(
      fc.property(claims, fc.integer({ min: 0, max: 200_000 }), (list, capacityMilliamps) => {
        const shares = allocate({ claims: list, capacityMilliamps, minMilliamps: MIN });
        let limits = 0;
        let booked = 0;
        for (const { key, capMilliamps, floorMilliamps } of list) {
          const { limitMilliamps } = shares.get(key)!;
          expect(limitMilliamps % 100).toBe(0);
          expect(limitMilliamps === 0 || (limitMilliamps >= MIN && limitMilliamps <= capMilliamps)).toBe(
            true,
          );
          limits += limitMilliamps;
          booked += Math.max(limitMilliamps, floorMilliamps);
        }
        const floors = list.reduce((sum, claim) => sum + claim.floorMilliamps, 0);
        expect(floors <= capacityMilliamps ? booked : limits).toBeLessThanOrEqual(capacityMilliamps);
      }),
    );
  });

  test('agrees with raising everybody step by step', () => {
    fc.assert(
      fc.property(claims, fc.integer({ min: 0, max: 200_000 }), (list, capacityMilliamps) => {
        const shares = allocate({ claims: list, capacityMilliamps, minMilliamps: MIN });
        const limits = new Map([...shares].map(([key, share]) => [key, share.limitMilliamps]));
        expect(limits).toEqual(slowly(list, capacityMilliamps));
      }),
    );
  });
});
