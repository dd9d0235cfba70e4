import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../bench/histogram.ts';

function filled(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

describe('Histogram', () => {
  it('has no quantile while it is empty', () => {
    expect(new Histogram().quantileMicros(0.5)).toBeNull();
  });

  it('keeps small values exactly', () => {
    const histogram = filled([1, 2, 3, 4, 63]);
    expect(histogram.quantileMicros(0.5)).toBe(3);
    expect(histogram.quantileMicros(1)).toBe(63);
  });

  it.each([64, 100, 1_000, 12_345, 250_000, 9_999_999])('is at most 1.6 %% above %i', (value) => {
    const seen = filled([value]).quantileMicros(0.5)!;
    expect(seen).toBeGreaterThanOrEqual(value);
    expect(seen).toBeLessThanOrEqual(value * (1 + 1 / 64));
  });

  it('orders its buckets: a larger value never has a smaller quantile', () => {
    let last = -1;
    for (let value = 0; value < 5_000; value++) {
      const seen = filled([value]).quantileMicros(1)!;
      expect(seen).toBeGreaterThanOrEqual(last);
      last = seen;
    }
  });

  it('puts the 99th percentile among the slowest hundredth', () => {
    const histogram = filled([
      ...Array.from({ length: 990 }, () => 10),
      ...Array.from({ length: 10 }, () => 50),
    ]);
    expect(histogram.quantileMicros(0.99)).toBe(10);
    expect(histogram.quantileMicros(0.991)).toBe(50);
  });

  it('merges with one that came from another process', () => {
    const here = filled([10, 20]);
    here.merge(new Histogram(filled([30, 40]).toCounts()));
    expect(here.total).toBe(4);
    expect(here.quantileMicros(1)).toBe(40);
  });

  it('counts values beyond its range as the highest', () => {
    expect(filled([1e15]).total).toBe(1);
  });
});
