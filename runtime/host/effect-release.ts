import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { PortEffect } from './actor-kind.ts';
import type { PendingEffect } from './group.ts';

interface EffectReleaseOptions {
  clock: Clock;
  ports: Readonly<Record<string, (effect: PortEffect) => void>>;
  log: Log;
  onLate: (effect: PortEffect) => void;
}

interface LateCut {
  effect: PortEffect;
  said: string;
}

/**
 * Lets effects out: with their group, once it is on disk. The one exception is a cut whose commit takes longer
 * than 300 ms or fails: it leaves at once, is not sent again with its group, and is journalled as late. Whatever
 * was decided before it for the same thing, and waits for the same disk, is then out of date and never leaves.
 */
export class EffectRelease {
  readonly #options: EffectReleaseOptions;
  /** Cuts that left before their turn was on disk, by its envelope and their place in it. */
  readonly #sentLate = new Map<string, Map<number, LateCut>>();
  /** Late cuts whose turn was given back and has not run again: whatever runs again before it is older. */
  readonly #givenBack = new Map<string, string>();
  /** Effects of class `state` that have not left, by what they set, oldest first. */
  readonly #waiting = new Map<string, PendingEffect[]>();

  constructor(options: EffectReleaseOptions) {
    this.#options = options;
  }

  /** Prepares effect number `index` of a turn of `from` that just took `envelopeId`, perhaps not for the first time. */
  pend(effect: PortEffect, from: Address, envelopeId: string, index: number): PendingEffect {
    const before = effect.cut ? this.#sentLate.get(envelopeId)?.get(index) : undefined;
    const late = before !== undefined && before.said === JSON.stringify(effect.data);
    const slot = `${from} ${effect.port} ${effect.type} ${effect.key ?? ''}`;
    const pending: PendingEffect = {
      effect,
      envelopeId,
      index,
      slot,
      released: late,
      late,
      lateTimer: undefined,
    };
    if (late) this.#overtake(pending);
    else if (effect.recovery === 'state') {
      if (this.#givenBack.has(slot)) pending.released = true;
      else this.#wait(pending);
    }
    if (effect.cut && !pending.released) {
      pending.lateTimer = this.#options.clock.setTimer(limits.lateCutMs, () => this.#sendLate(pending));
    }
    return pending;
  }

  /** A turn runs again, or never will: its late cuts are no longer ahead of it. Before its effects are pended. */
  ranAgain(envelopeId: string): void {
    for (const [slot, id] of this.#givenBack) if (id === envelopeId) this.#givenBack.delete(slot);
  }

  /** Its group is on disk. */
  release(pending: PendingEffect): void {
    this.#settle(pending);
    this.#carryOut(pending);
  }

  /** The turn of this envelope is on disk: what left before it, to be journalled, in the order of the turn. */
  takeLate(envelopeId: string): Array<{ index: number; effect: PortEffect }> {
    const late = this.#sentLate.get(envelopeId);
    if (!late) return [];
    this.#sentLate.delete(envelopeId);
    return [...late].map(([index, { effect }]) => ({ index, effect }));
  }

  /** Its group failed and its turn will run again: a cut does not wait for that. */
  giveBack(pending: PendingEffect): void {
    if (pending.effect.cut && !pending.released) this.#sendLate(pending);
    if (pending.late) this.#givenBack.set(pending.slot, pending.envelopeId);
    this.#settle(pending);
  }

  #sendLate(pending: PendingEffect): void {
    if (pending.released) return;
    pending.late = true;
    const { effect, envelopeId, index } = pending;
    const late = this.#sentLate.get(envelopeId) ?? new Map<number, LateCut>();
    this.#sentLate.set(envelopeId, late.set(index, { effect, said: JSON.stringify(effect.data) }));
    this.#overtake(pending);
    this.#carryOut(pending);
    this.#options.onLate(pending.effect);
  }

  /** What waits in front of a cut that leaves early must not undo it later. */
  #overtake(pending: PendingEffect): void {
    for (const older of this.#waiting.get(pending.slot) ?? []) {
      if (older === pending) break;
      older.released = true;
    }
  }

  #wait(pending: PendingEffect): void {
    const waiting = this.#waiting.get(pending.slot);
    if (waiting) waiting.push(pending);
    else this.#waiting.set(pending.slot, [pending]);
  }

  #settle(pending: PendingEffect): void {
    if (pending.lateTimer) this.#options.clock.clearTimer(pending.lateTimer);
    pending.lateTimer = undefined;
    const waiting = this.#waiting.get(pending.slot);
    if (!waiting) return;
    const rest = waiting.filter((other) => other !== pending);
    if (rest.length > 0) this.#waiting.set(pending.slot, rest);
    else this.#waiting.delete(pending.slot);
  }

  #carryOut(pending: PendingEffect): void {
    if (pending.released) return;
    pending.released = true;
    const { effect } = pending;
    const port = this.#options.ports[effect.port];
    try {
      if (!port) throw new Error(`no port named ${effect.port}`);
      port(effect);
    } catch (error) {
      this.#options.log.error({ err: error, port: effect.port, type: effect.type }, 'a port threw');
    }
  }
}
