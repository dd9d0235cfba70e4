import { setImmediate as nextMacrotask } from 'node:timers/promises';
import type { Clock, ClockTrust, TimerHandle } from '../runtime/clock.ts';

interface Entry {
  dueMs: number;
  /** Entries of the same instant run in the order they were made. */
  order: number;
  fn: (() => void) | null;
}

export interface VirtualClockOptions {
  /** Wall time at the start; monotonic time starts at 0. */
  wallMs?: number;
  bootId?: string;
}

/**
 * Time that moves only when told to. Every timer runs at its own due time, also within one large `advance`,
 * and promises settle between two entries, so that a chain of awaits needs no time at all.
 */
export class VirtualClock implements Clock {
  bootId: string;
  trust: ClockTrust = 'trusted';
  #heap: Entry[] = [];
  #order = 0;
  #monotonicMs = 0;
  #wallOffsetMs: number;

  constructor(options: VirtualClockOptions = {}) {
    this.bootId = options.bootId ?? 'boot-1';
    this.#wallOffsetMs = options.wallMs ?? Date.UTC(2026, 0, 1);
  }

  wallMs(): number {
    return this.#wallOffsetMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** A clock step: monotonic time and timers take no notice. */
  setWallMs(wallMs: number): void {
    this.#wallOffsetMs = wallMs - this.#monotonicMs;
  }

  /** The machine starts anew: no timer survives, monotonic time begins at 0, wall time goes on. */
  reboot(bootId: string): void {
    const wallMs = this.wallMs();
    this.#heap = [];
    this.#monotonicMs = 0;
    this.#wallOffsetMs = wallMs;
    this.bootId = bootId;
  }

  setTimer(delayMs: number, fn: () => void): TimerHandle {
    const entry: Entry = {
      dueMs: this.#monotonicMs + Math.max(0, Math.ceil(delayMs)),
      order: this.#order++,
      fn,
    };
    pushEntry(this.#heap, entry);
    return entry;
  }

  clearTimer(handle: TimerHandle): void {
    (handle as Entry).fn = null;
  }

  defer(fn: () => void): void {
    this.setTimer(0, fn);
  }

  /** Moves time on by `ms`, running everything that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    await nextMacrotask();
    for (let entry = this.#takeDue(untilMs); entry; entry = this.#takeDue(untilMs)) await this.#run(entry);
    this.#monotonicMs = Math.max(this.#monotonicMs, untilMs);
  }

  /** Runs entries until none is left, or until the next lies beyond `limitMs` from now; tells whether none is left. */
  async runUntilIdle(limitMs: number = 3_600_000): Promise<boolean> {
    const untilMs = this.#monotonicMs + limitMs;
    await nextMacrotask();
    for (let entry = this.#takeDue(untilMs); entry; entry = this.#takeDue(untilMs)) await this.#run(entry);
    return this.#heap.every((entry) => entry.fn === null);
  }

  async #run(entry: Entry): Promise<void> {
    const { fn } = entry;
    this.#monotonicMs = Math.max(this.#monotonicMs, entry.dueMs);
    entry.fn = null;
    fn?.();
    // A real macrotask is the one way to be sure that every microtask, also of long await chains, has run.
    await nextMacrotask();
  }

  #takeDue(untilMs: number): Entry | null {
    while (this.#heap.length > 0 && this.#heap[0]!.dueMs <= untilMs) {
      const entry = popEntry(this.#heap);
      if (entry.fn) return entry;
    }
    return null;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

function pushEntry(heap: Entry[], entry: Entry): void {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function popEntry(heap: Entry[]): Entry {
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return first;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}
