import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import type { FrameSocket } from './frame-socket.ts';

export interface LivenessOptions {
  clock: Clock;
  socket: FrameSocket;
  /** Time between two pings. */
  pingIntervalMs: number;
  /** After a ping: silence (no pong, no frame) for this long means that the socket is dead. */
  silentAfterMs: number;
  onSilent(): void;
}

/** 20 s and 10 s find a half-open connection within 30 s. */
export const PING_INTERVAL_MS = 20_000;
export const SILENT_AFTER_MS = 10_000;

/** Tells an open socket from one that only looks open, by pings. */
export class Liveness {
  readonly #options: LivenessOptions;
  #timer: TimerHandle;
  #heard = false;
  #probes: Array<{ done: (alive: boolean) => void; timer: TimerHandle }> = [];

  constructor(options: LivenessOptions) {
    this.#options = options;
    options.socket.onPong(() => this.heard());
    this.#timer = this.#armInterval();
  }

  /** Anything came from the peer. */
  heard(): void {
    this.#heard = true;
    if (this.#probes.length > 0) this.#endProbes(true);
  }

  /** Pings now; `done(false)` after `silentAfterMs` of silence or when the socket closes, else `done(true)`. */
  probe(done: (alive: boolean) => void): void {
    const timer = this.#options.clock.setTimer(this.#options.silentAfterMs, () => this.#endProbes(false));
    this.#probes.push({ done, timer });
    this.#options.socket.ping();
  }

  stop(): void {
    this.#options.clock.clearTimer(this.#timer);
    this.#endProbes(false);
  }

  #armInterval(): TimerHandle {
    return this.#options.clock.setTimer(this.#options.pingIntervalMs, () => this.#ping());
  }

  #ping(): void {
    this.#heard = false;
    this.#timer = this.#options.clock.setTimer(this.#options.silentAfterMs, () => this.#judge());
    this.#options.socket.ping();
  }

  #judge(): void {
    // The interval starts before the verdict, so that a caller may stop everything from within it.
    this.#timer = this.#armInterval();
    if (!this.#heard) this.#options.onSilent();
  }

  #endProbes(alive: boolean): void {
    const probes = this.#probes;
    this.#probes = [];
    for (const probe of probes) {
      this.#options.clock.clearTimer(probe.timer);
      probe.done(alive);
    }
  }
}
