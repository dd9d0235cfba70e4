import {
  type AnyActor,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type EventObject,
} from 'xstate';
import type { Json } from '../envelope.ts';
import type { RecordedEffect } from './actor-kind.ts';

/** A delayed raise that the machine asked for, or its cancellation, in the order in which they happened. */
export type TimerOperation =
  | { kind: 'arm'; timerId: string; delayMs: number; event: { type: string } & Record<string, Json> }
  | { kind: 'cancel'; timerId: string };

export interface StepResult {
  /** False when the event moved neither state nor context. */
  changed: boolean;
  effects: RecordedEffect[];
  timers: TimerOperation[];
}

/** The clock that every actor gets: it starts nothing, because the host owns time (timers are durable data). */
const inertClock = { setTimeout: () => 0, clearTimeout: () => {} };

interface InspectedAction {
  type: string;
  action?: { type: string; params?: unknown };
}

/**
 * One real XState actor, driven step by step. This is the only file that relies on XState's inspection records:
 * named actions arrive as `@xstate.action` with their resolved params; schedules and cancels of delayed events
 * arrive there as `xstate.raise` and `xstate.cancel` (after a restore a cancel shows nowhere else).
 *
 * @throws whatever a guard, an assign or a params function of the chart threw: the actor is dead then.
 */
export class MachineRunner {
  readonly #actor: AnyActor;
  #effects: RecordedEffect[] = [];
  #timers: TimerOperation[] = [];
  #failure: { error: unknown } | undefined;

  constructor(machine: AnyStateMachine, from: { snapshot: Json } | { input: Record<string, unknown> }) {
    const inspect = (record: InspectedAction) => this.#record(record);
    this.#actor =
      'snapshot' in from
        ? createActor(machine, {
            snapshot: from.snapshot as never,
            clock: inertClock,
            inspect: inspect as never,
          })
        : createActor(machine, { input: from.input, clock: inertClock, inspect: inspect as never });
    this.#actor.subscribe({ error: (error) => this.#fail(error) });
  }

  /** A runner that stands where `snapshot` stood: what an actor is put back to after a turn that threw. */
  static at(machine: AnyStateMachine, snapshot: AnyMachineSnapshot): MachineRunner {
    const runner = new MachineRunner(machine, {
      snapshot: machine.getPersistedSnapshot(snapshot) as unknown as Json,
    });
    runner.start();
    return runner;
  }

  /** Must be called once before the first step; a fresh actor's entry effects and timers come out here. */
  start(): StepResult {
    this.#actor.start();
    this.#throwIfFailed();
    return this.#collect(true);
  }

  step(event: EventObject): StepResult {
    const before = this.#actor.getSnapshot();
    this.#actor.send(event);
    this.#throwIfFailed();
    return this.#collect(this.#actor.getSnapshot() !== before);
  }

  snapshot(): AnyMachineSnapshot {
    return this.#actor.getSnapshot() as AnyMachineSnapshot;
  }

  /** The persisted form: plain JSON data. */
  persisted(): Json {
    return this.#actor.getPersistedSnapshot() as unknown as Json;
  }

  stop(): void {
    this.#actor.stop();
  }

  #record(record: InspectedAction): void {
    if (record.type !== '@xstate.action' || !record.action) return;
    const { type, params } = record.action;
    if (type === 'xstate.raise')
      this.#recordRaise(params as { event: EventObject; id?: string; delay?: number });
    else if (type === 'xstate.cancel') {
      this.#timers.push({ kind: 'cancel', timerId: (params as { sendId: string }).sendId });
    } else if (!type.startsWith('xstate.')) {
      this.#effects.push({ type, params: (params ?? {}) as Record<string, unknown> });
    }
  }

  #recordRaise({ event, id, delay }: { event: EventObject; id?: string; delay?: number }): void {
    if (delay === undefined) return;
    if (id === undefined) this.#fail(new Error(`delayed raise of "${event.type}" has no explicit id`));
    else {
      const armed = event as { type: string } & Record<string, Json>;
      this.#timers.push({ kind: 'arm', timerId: id, delayMs: delay, event: armed });
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }

  #throwIfFailed(): void {
    const snapshot = this.#actor.getSnapshot() as { status: string; error?: unknown };
    if (snapshot.status === 'error') this.#fail(snapshot.error);
    if (this.#failure) throw this.#failure.error;
  }

  #collect(changed: boolean): StepResult {
    const result = { changed, effects: this.#effects, timers: this.#timers };
    this.#effects = [];
    this.#timers = [];
    return result;
  }
}
