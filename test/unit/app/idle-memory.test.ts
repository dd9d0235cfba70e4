import { beforeEach, describe, expect, it } from 'vitest';
import { watchIdleMemory } from '../../../app/idle-memory.ts';
import { VirtualClock } from '../../../simulation/virtual-clock.ts';

const MIB = 2 ** 20;

let clock: VirtualClock;
let trims: number;
let busy: number;
let heap: number;

beforeEach(() => {
  clock = new VirtualClock();
  trims = 0;
  busy = 0;
  heap = 20 * MIB;
});

function watch() {
  return watchIdleMemory({
    clock,
    heapBytes: () => heap,
    utilization: () => busy,
    trim: () => {
      trims += 1;
    },
  });
}

describe('idle memory', () => {
  it('is given back once the process is quiet after its heap has grown', async () => {
    watch();
    busy = 0.6;
    heap = 120 * MIB;
    await clock.advance(60_000);
    expect(trims).toBe(0);
    busy = 0.1;
    await clock.advance(9_000);
    expect(trims).toBe(0);
    await clock.advance(3_000);
    expect(trims).toBe(1);
  });

  it('is left alone while the heap has grown by little since it was last given back', async () => {
    watch();
    heap = 34 * MIB;
    await clock.advance(600_000);
    expect(trims).toBe(0);
    heap = 100 * MIB;
    await clock.advance(600_000);
    expect(trims).toBe(1);
    heap = 114 * MIB;
    await clock.advance(600_000);
    expect(trims).toBe(1);
  });

  it('is given back once in 30 s at most, and no more after the stop', async () => {
    const stop = watch();
    const growFor = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5_000) {
        heap += 40 * MIB;
        await clock.advance(5_000);
      }
    };
    await growFor(40_000);
    expect(trims).toBe(1);
    await growFor(30_000);
    expect(trims).toBe(2);
    stop();
    await growFor(600_000);
    expect(trims).toBe(2);
  });

  it('really shrinks the heap of this process', async () => {
    watchIdleMemory({ clock, utilization: () => 0 });
    const before = process.memoryUsage().heapTotal;
    let garbage: unknown[] | undefined = Array.from({ length: 1_500_000 }, (_, n) => ({ n }));
    const kept = garbage.filter((_, n) => n % 40 === 0);
    garbage = undefined;
    const full = process.memoryUsage().heapTotal;
    expect(full - before).toBeGreaterThan(40 * MIB);
    await clock.advance(15_000);
    expect(process.memoryUsage().heapTotal).toBeLessThan(full - 30 * MIB);
    expect(kept).toHaveLength(37_500);
  });
});
