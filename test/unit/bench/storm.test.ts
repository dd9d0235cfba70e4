import { describe, expect, it } from 'vitest';
import { compareSamples } from '../../../bench/storm/deliveries.ts';
import { figuresOf, type MeasuredRound, ratioOf, spreadOf, stormText } from '../../../bench/storm/figures.ts';
import { rosterOf } from '../../../bench/storm/roster.ts';

const round = (bootedMs: number[], own: Partial<MeasuredRound> = {}): MeasuredRound => ({
  openedMs: bootedMs.map((ms) => ms - 50),
  bootedMs,
  answeredMs: 900,
  badLetIn: 0,
  soundRefusals: {},
  badDials: 4,
  errors: 0,
  cpuMs: 10,
  ...own,
});

describe('rosterOf', () => {
  it('has as many of each kind as asked for, mixed, and the same ones in every process', () => {
    const roster = rosterOf({ sound: 350, bad: 150 });
    expect(roster).toEqual(rosterOf({ sound: 350, bad: 150 }));
    expect(new Set(roster.map(({ id }) => id)).size).toBe(500);
    expect(roster.filter(({ isSound }) => isSound)).toHaveLength(350);
    expect(roster.slice(0, 100).filter(({ isSound }) => !isSound)).toHaveLength(30);
  });

  it('gives every sound charger what the site knows, and no bad one', () => {
    const roster = rosterOf({ sound: 40, bad: 20 });
    for (const { isSound, offers, password } of roster) expect(offers === password).toBe(isSound);
    const sound = roster.filter(({ isSound }) => isSound);
    expect(new Set(sound.map(({ offers }) => offers)).size).toBe(40);
    expect(sound.filter(({ offers }) => offers.length < 16)).toHaveLength(4);
    expect(roster.filter(({ password }) => password === null)).toHaveLength(10);
  });
});

describe('compareSamples', () => {
  it('tells what never arrived and what arrived again', () => {
    expect(compareSamples(['a 1', 'a 2', 'b 1'], ['a 2', 'b 1', 'b 1'])).toEqual({ lost: 1, repeated: 1 });
    expect(compareSamples(['a 1'], ['a 1'])).toEqual({ lost: 0, repeated: 0 });
  });
});

describe('figures', () => {
  it('spread over all the values, by nearest rank', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(spreadOf(values)).toEqual({ p50: 100, p99: 198, max: 200 });
    expect(spreadOf([7])).toEqual({ p50: 7, p99: 7, max: 7 });
    expect(spreadOf([])).toBeNull();
  });

  it('sum up rounds, and show who did not come back', () => {
    const lame = round([300], { answeredMs: null, soundRefusals: { ECONNRESET: 2 }, badLetIn: 1, cpuMs: 20 });
    const other = round([100, 200], { soundRefusals: { ECONNRESET: 1, '401': 1 } });
    expect(figuresOf([other, lame], 2)).toEqual({
      openedMs: { p50: 150, p99: 250, max: 250 },
      bootedMs: { p50: 200, p99: 300, max: 300 },
      booted: 3,
      sound: 4,
      badLetIn: 1,
      badDials: 8,
      answeredMs: null,
      soundRefusals: { ECONNRESET: 3, '401': 1 },
      errors: 0,
      cpuMs: 15,
    });
    expect(figuresOf([other], 2).answeredMs).toBe(900);
  });

  it('relate the product to the floor', () => {
    const spread = { p50: 100, p99: 150, max: 200 };
    expect(ratioOf({ p50: 150, p99: 300, max: 200 }, spread)).toEqual({ p50: 1.5, p99: 2, max: 1 });
    expect(ratioOf(null, spread)).toBeNull();
  });

  it('say what was lost and who stayed out', () => {
    const product = figuresOf([round([100, 200])], 3);
    const text = stormText({
      chargers: 4,
      sound: 3,
      rounds: 1,
      product,
      floor: figuresOf([round([100, 200, 300])], 3),
      ratio: null,
      samples: 12,
      lost: 2,
      repeated: 0,
      loopStandstillMs: 40,
      rssBytes: 150_000_000,
    });
    expect(text).toContain('Booted again: 2 of 3');
    expect(text).toContain('Lost: 2 of 12');
    expect(text).toContain('150 MB');
  });
});
