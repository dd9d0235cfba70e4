import type { Clock } from '../runtime/clock.ts';
import { repeatEvery } from './repeat.ts';
import type { PhaseMilliamps } from './three-phase.ts';

/** What the real current was against the limit. */
export interface LoadReport {
  samples: number;
  /** Samples in which a phase was above limit and tolerance. */
  violations: number;
  /** The most that a phase was above the limit, milliamps; 0 when none ever was. */
  worstOverMilliamps: number;
  /** The highest current of any phase. */
  peakMilliamps: number;
}

const SAMPLE_MS = 100;
/** Rounding of one-decimal ampere limits over several cars is not a violation. */
const TOLERANCE_MILLIAMPS = 50;

/** An ammeter at the site's main fuse, independent of every charger's and the product's numbers. */
export class LoadObserver {
  readonly #clock: Clock;
  readonly #limitMilliamps: number;
  readonly #read: () => PhaseMilliamps;
  readonly #report: LoadReport = { samples: 0, violations: 0, worstOverMilliamps: 0, peakMilliamps: 0 };
  #stop: (() => void) | null = null;

  constructor(options: { clock: Clock; limitMilliamps: number; read: () => PhaseMilliamps }) {
    this.#clock = options.clock;
    this.#limitMilliamps = options.limitMilliamps;
    this.#read = options.read;
  }

  get report(): Readonly<LoadReport> {
    return { ...this.#report };
  }

  start(): void {
    this.#stop ??= repeatEvery(this.#clock, SAMPLE_MS, () => this.#sample());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #sample(): void {
    const worst = Math.max(...this.#read());
    const over = worst - this.#limitMilliamps;
    this.#report.samples += 1;
    this.#report.peakMilliamps = Math.max(this.#report.peakMilliamps, worst);
    this.#report.worstOverMilliamps = Math.max(this.#report.worstOverMilliamps, over);
    if (over > TOLERANCE_MILLIAMPS) this.#report.violations += 1;
  }
}
