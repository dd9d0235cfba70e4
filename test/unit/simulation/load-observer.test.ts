import { describe, expect, it } from 'vitest';
import { LoadObserver } from '../../../simulation/load-observer.ts';
import type { PhaseMilliamps } from '../../../simulation/three-phase.ts';
import { VirtualClock } from '../../../simulation/virtual-clock.ts';

describe('observer of the load', () => {
  it('counts each sample above the limit on any phase, and keeps the worst', async () => {
    const clock = new VirtualClock();
    let currents: PhaseMilliamps = [10_000, 20_000, 20_000];
    const observer = new LoadObserver({ clock, limitMilliamps: 20_000, read: () => currents });
    observer.start();
    await clock.advance(500);
    expect(observer.report).toEqual({
      samples: 5,
      violations: 0,
      worstOverMilliamps: 0,
      peakMilliamps: 20_000,
    });
    currents = [0, 0, 21_500];
    await clock.advance(300);
    currents = [20_040, 0, 0];
    await clock.advance(200);
    observer.stop();
    await clock.advance(1_000);
    expect(observer.report).toEqual({
      samples: 10,
      violations: 3,
      worstOverMilliamps: 1_500,
      peakMilliamps: 21_500,
    });
  });
});
