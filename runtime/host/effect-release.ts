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

/**
 * Lets effects out: with their group, once it is on disk. The one exception is a cut whose commit takes longer
 * than 300 ms or fails: it leaves at once, is not sent again with its group, and is journalled as late.
 */
export class EffectRelease {
  readonly #options: EffectReleaseOptions;
  /** Cuts that left before their turn was on disk; bounded, as each waits for its turn to land. */
  readonly #sentLate = new Set<string>();

  constructor(options: EffectReleaseOptions) {
    this.#options = options;
  }

  /** Prepares an effect of a turn that just ran. */
  pend(effect: PortEffect, key: string): PendingEffect {
    const sent = this.#sentLate.has(key);
    const pending: PendingEffect = { effect, key, released: sent, late: sent, lateTimer: undefined };
    if (effect.cut && !sent) {
      pending.lateTimer = this.#options.clock.setTimer(limits.lateCutMs, () => this.#sendLate(pending));
    }
    return pending;
  }

  /** Its group is on disk. True if it had left before. */
  release(pending: PendingEffect): boolean {
    this.#stopTimer(pending);
    if (pending.late) {
      this.#sentLate.delete(pending.key);
      return true;
    }
    this.#carryOut(pending);
    return false;
  }

  /** Its group failed and its turn will run again: a cut does not wait for that. */
  giveBack(pending: PendingEffect): void {
    this.#stopTimer(pending);
    if (pending.effect.cut) this.#sendLate(pending);
  }

  #sendLate(pending: PendingEffect): void {
    if (pending.released) return;
    pending.late = true;
    this.#sentLate.add(pending.key);
    this.#carryOut(pending);
    this.#options.onLate(pending.effect);
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

  #stopTimer(pending: PendingEffect): void {
    if (pending.lateTimer) this.#options.clock.clearTimer(pending.lateTimer);
    pending.lateTimer = undefined;
  }
}
