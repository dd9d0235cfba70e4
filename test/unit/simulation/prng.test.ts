import { describe, expect, it } from 'vitest';
import { Prng } from '../../../simulation/prng.ts';

const draws = (random: Prng): number[] => Array.from({ length: 20 }, () => random.integer(0, 1_000_000));

describe('seeded generator', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    expect(draws(new Prng(7))).toEqual(draws(new Prng(7)));
    expect(draws(new Prng(7))).not.toEqual(draws(new Prng(8)));
  });

  it('splits into streams that do not depend on what was drawn before', () => {
    const used = new Prng(7);
    draws(used);
    expect(draws(used.split('cars'))).toEqual(draws(new Prng(7).split('cars')));
    expect(draws(used.split('cars'))).not.toEqual(draws(used.split('links')));
  });

  it('covers its range evenly, both ends included', () => {
    const random = new Prng(1);
    const counts = [0, 0, 0, 0];
    for (let draw = 0; draw < 4_000; draw += 1) counts[random.integer(0, 3)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });

  it('makes version 4 UUIDs that do not repeat', () => {
    const random = new Prng(3);
    const ids = Array.from({ length: 1_000 }, () => random.uuid());
    expect(new Set(ids).size).toBe(1_000);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
