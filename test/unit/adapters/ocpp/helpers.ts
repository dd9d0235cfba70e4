import type { FrameSocket } from '../../../../adapters/ocpp/frame-socket.ts';
import type { Clock, TimerHandle } from '../../../../runtime/clock.ts';
import type { Incoming } from '../../../../runtime/envelope.ts';
import type { PostResult } from '../../../../runtime/errors.ts';
import type { Random } from '../../../../runtime/random.ts';

/** A clock that moves only by `advance`. */
export class HandClock implements Clock {
  readonly trust = 'trusted';
  readonly bootId = 'test';
  #nowMs = 0;
  #timers = new Map<object, { dueMs: number; fn: () => void }>();

  wallMs(): number {
    return 1_767_268_800_400 + this.#nowMs;
  }
  monotonicMs(): number {
    return this.#nowMs;
  }
  setTimer(delayMs: number, fn: () => void): TimerHandle {
    const handle = {};
    this.#timers.set(handle, { dueMs: this.#nowMs + delayMs, fn });
    return handle;
  }
  clearTimer(handle: TimerHandle): void {
    this.#timers.delete(handle);
  }
  defer(fn: () => void): void {
    this.setTimer(0, fn);
  }
  get armed(): number {
    return this.#timers.size;
  }
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.dueMs <= endMs);
      const next = due.sort(([, a], [, b]) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#nowMs = Math.max(this.#nowMs, next[1].dueMs);
      next[1].fn();
    }
    this.#nowMs = endMs;
  }
}

export function countingRandom(): Random {
  let n = 0;
  return {
    next: () => 0.5,
    uuid: () => {
      n += 1;
      return `uuid-${n}`;
    },
  };
}

/** The far end is the test: `say` is what the peer sends, `sent` what it would receive. */
export class FakeSocket implements FrameSocket {
  sent: string[] = [];
  pings = 0;
  paused = false;
  closedWith: { code: number; reason: string } | undefined;
  terminated = false;
  bufferedBytes = 0;
  #receive: (text: string) => void = () => undefined;
  #closed: (code: number, reason: string) => void = () => undefined;
  #pong: () => void = () => undefined;

  send(text: string): boolean {
    if (this.closedWith !== undefined || this.terminated) return false;
    this.sent.push(text);
    return true;
  }
  close(code: number, reason: string): void {
    this.closedWith ??= { code, reason };
  }
  terminate(): void {
    this.terminated = true;
    this.#closed(1006, '');
  }
  onText(receive: (text: string) => void): void {
    this.#receive = receive;
  }
  onClose(listen: (code: number, reason: string) => void): void {
    this.#closed = listen;
  }
  ping(): void {
    this.pings += 1;
  }
  onPong(listen: () => void): void {
    this.#pong = listen;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }

  say(text: string): void {
    this.#receive(text);
  }
  pong(): void {
    this.#pong();
  }
  vanish(code: number, reason: string): void {
    this.#closed(code, reason);
  }
  /** Messages sent so far, parsed. */
  get messages(): unknown[][] {
    return this.sent.map((text) => JSON.parse(text) as unknown[]);
  }
}

/** A host that takes everything, or refuses while `refusing` is set. */
export class FakeHost {
  taken: Incoming[] = [];
  refusing: Extract<PostResult, object>['refused'] | null = null;
  readonly post = (incoming: Incoming): PostResult => {
    if (this.refusing !== null) return { refused: this.refusing };
    this.taken.push(incoming);
    return 'accepted';
  };
  ofType(type: string): Incoming[] {
    return this.taken.filter((incoming) => incoming.type === type);
  }
}

/** `data` of an envelope as a record, for assertions. */
export function dataOf(incoming: Incoming | undefined): Record<string, unknown> {
  return incoming?.data as Record<string, unknown>;
}
