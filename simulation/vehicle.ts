import type { Prng } from './prng.ts';
import { NO_CURRENT, PHASE_VOLTS, type PhaseMilliamps, totalMilliamps } from './three-phase.ts';

/** IEC 61851-1: a pilot signal below 6 A offers nothing. */
export const VEHICLE_MIN_MILLIAMPS = 6_000;

const RAMP_MILLIAMPS_PER_SECOND = 3_000;
const MICROJOULES_PER_WH = 3_600_000_000;

export interface VehicleOptions {
  /** Phases the on-board charger uses; a one-phase car draws on L1 of its connector. */
  phases: 1 | 3;
  maxMilliamps: number;
  /** Taken until this much is in; then the car draws nothing more. */
  energyWantedWh: number;
  /** Multiplies every delay and divides the ramp; 1 is a usual car, 0.1 a ten times quicker one. */
  reactionScale?: number;
  random: Prng;
}

/**
 * What a car does with the current offered to it: a lower offer is obeyed after 1 to 2 s, a higher one is used
 * after 2 to 4 s and then at 3 A/s, less than 6 A stops it, a full battery ends it. Time is any clock's
 * milliseconds, as long as it does not run backwards.
 */
export class SimulatedVehicle {
  readonly phases: 1 | 3;
  readonly maxMilliamps: number;
  readonly #energyWantedMicrojoules: number;
  readonly #scale: number;
  readonly #random: Prng;
  #offeredMilliamps = 0;
  #milliamps = 0;
  #energyMicrojoules = 0;
  #lastStepMs: number | null = null;
  #cutDueMs: number | null = null;
  #raiseDueMs: number | null = null;

  constructor(options: VehicleOptions) {
    this.phases = options.phases;
    this.maxMilliamps = options.maxMilliamps;
    this.#energyWantedMicrojoules = options.energyWantedWh * MICROJOULES_PER_WH;
    this.#scale = options.reactionScale ?? 1;
    this.#random = options.random;
  }

  get isFull(): boolean {
    return this.#energyMicrojoules >= this.#energyWantedMicrojoules;
  }

  get energyWh(): number {
    return Math.floor(this.#energyMicrojoules / MICROJOULES_PER_WH);
  }

  /** What the pilot signal says from now on, milliamps per phase. */
  offer(milliamps: number): void {
    this.#offeredMilliamps = milliamps;
  }

  /** The contactor opens: no current from this instant. */
  disconnect(): void {
    this.#offeredMilliamps = 0;
    this.#milliamps = 0;
    this.#cutDueMs = null;
    this.#raiseDueMs = null;
  }

  /** Steps the car to `atMs` and gives what it draws then; call it often (100 ms), as energy is counted per step. */
  drawMilliamps(atMs: number): PhaseMilliamps {
    const elapsedMs = Math.max(0, atMs - (this.#lastStepMs ?? atMs));
    this.#lastStepMs = atMs;
    this.#energyMicrojoules += totalMilliamps(this.#perPhase()) * PHASE_VOLTS * elapsedMs;
    this.#react(atMs, elapsedMs);
    return this.#perPhase();
  }

  #react(atMs: number, elapsedMs: number): void {
    const wanted = this.#wantedMilliamps();
    if (this.#milliamps <= wanted) this.#cutDueMs = null;
    if (this.#milliamps >= wanted) this.#raiseDueMs = null;
    if (this.#milliamps > wanted) {
      this.#cutDueMs ??= atMs + this.#delayMs(1_000, 2_000);
      if (atMs >= this.#cutDueMs) this.#milliamps = wanted;
      return;
    }
    if (this.#milliamps === wanted) return;
    this.#raiseDueMs ??= atMs + this.#delayMs(2_000, 4_000);
    if (atMs < this.#raiseDueMs) return;
    const step = Math.round((RAMP_MILLIAMPS_PER_SECOND * elapsedMs) / 1_000 / this.#scale);
    // No car draws less than 6 A: it begins there.
    this.#milliamps = Math.min(wanted, Math.max(VEHICLE_MIN_MILLIAMPS, this.#milliamps + step));
  }

  #wantedMilliamps(): number {
    if (this.isFull || this.#offeredMilliamps < VEHICLE_MIN_MILLIAMPS) return 0;
    return Math.min(this.#offeredMilliamps, this.maxMilliamps);
  }

  #perPhase(): PhaseMilliamps {
    if (this.#milliamps === 0) return NO_CURRENT;
    return this.phases === 1 ? [this.#milliamps, 0, 0] : [this.#milliamps, this.#milliamps, this.#milliamps];
  }

  #delayMs(min: number, max: number): number {
    return Math.round(this.#random.integer(min, max) * this.#scale);
  }
}
