import { beforeEach, describe, expect, test } from 'vitest';
import { ReplayPacer } from '../../../../adapters/ocpp-north/replay-pacer.ts';
import { HandClock } from '../ocpp/helpers.ts';

let clock: HandClock;
let pacer: ReplayPacer;
let sent: Array<[string, number]>;

beforeEach(() => {
  clock = new HandClock();
  pacer = new ReplayPacer({ perSecond: 10, burst: 3 }, clock);
  sent = [];
});

function ask(charger: string): void {
  pacer.request(charger, () => sent.push([charger, clock.monotonicMs()]));
}

/** Chargers that each have the next message at once when one has left. */
function replay(chargers: string[], messages: number): void {
  const next = (charger: string): void => {
    if (sent.length >= messages) return;
    pacer.request(charger, () => {
      sent.push([charger, clock.monotonicMs()]);
      next(charger);
    });
  };
  for (const charger of chargers) next(charger);
}

describe('the pace of a replay', () => {
  test('lets the burst go at once and the rest evenly', () => {
    for (const charger of ['a', 'b', 'c', 'd', 'e']) ask(charger);
    expect(pacer.waiting).toBe(2);
    clock.advance(1_000);
    expect(sent).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
      ['d', 100],
      ['e', 200],
    ]);
    expect([pacer.waiting, clock.armed]).toEqual([0, 0]);
  });

  test('holds over time, whatever the number of chargers', () => {
    replay(
      Array.from({ length: 40 }, (_, index) => `cp-${index}`),
      1_000,
    );
    clock.advance(10_000);
    expect(sent.length).toBeGreaterThanOrEqual(100);
    expect(sent.length).toBeLessThanOrEqual(10 * 10 + 3);
  });

  test('gives every charger its turn when the burst is spent', () => {
    replay(['a', 'b', 'c'], 30);
    clock.advance(10_000);
    const counts = ['a', 'b', 'c'].map((id) => sent.slice(3).filter(([charger]) => charger === id).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  test('saves up no more than the burst in a pause', () => {
    ask('a');
    clock.advance(3_600_000);
    for (const charger of ['a', 'b', 'c', 'd']) ask(charger);
    expect(sent.length).toBe(4);
    expect(pacer.waiting).toBe(1);
  });

  test('spends nothing on a charger that is gone', () => {
    for (const charger of ['a', 'b', 'c', 'd', 'e']) ask(charger);
    expect(pacer.withdraw('d')).toBeTypeOf('function');
    expect(pacer.withdraw('d')).toBeUndefined();
    clock.advance(100);
    expect(sent.at(-1)).toEqual(['e', 100]);
  });

  test('ends without a timer left', () => {
    for (const charger of ['a', 'b', 'c', 'd']) ask(charger);
    pacer.stop();
    expect([pacer.waiting, clock.armed]).toEqual([0, 0]);
  });

  test('is exact to the microsecond where a second does not divide evenly', () => {
    pacer = new ReplayPacer({ perSecond: 7, burst: 1 }, clock);
    replay(['a'], 1_000);
    clock.advance(60_000);
    expect(sent.length).toBeGreaterThanOrEqual(7 * 60 - 1);
    expect(sent.length).toBeLessThanOrEqual(7 * 60 + 1);
  });
});
