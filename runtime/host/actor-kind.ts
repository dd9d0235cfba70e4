import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import type { Address } from '../address.ts';
import type { ClockTrust } from '../clock.ts';
import type { Envelope, Json, Reason } from '../envelope.ts';

/** An action that a chart declared by name and did not carry out. */
export interface RecordedEffect {
  type: string;
  params: Record<string, unknown>;
}

/** What recovery does with an effect of this class (DESIGN: effects and recovery). */
export type Recovery = 'answer' | 'once' | 'state';

/** Something for the outside world, carried out by a port after the turn is on disk. */
export interface PortEffect {
  /** Name of the port, as registered with the host: `south`, `north`, `limits`. */
  port: string;
  type: string;
  recovery: Recovery;
  data: Record<string, unknown>;
  /** What it sets, for class `state`: of two for the same thing only the newer counts (`<charger>/<connector>`). */
  key?: string;
  /** A cut (lower a limit, stop) is sent after 300 ms even if its commit is late; never set for anything else. */
  cut?: boolean;
}

export interface TellOptions {
  /** `ordered` (default) keeps its place; `latest` replaces an undelivered older one of the same key. */
  delivery?: 'ordered' | 'latest';
  key?: string;
  correlation?: string;
  reason?: Reason;
  charger?: string;
  connector?: number;
  session?: string;
}

export interface JournalEntry {
  type: string;
  data?: Json;
  reason?: Reason;
  charger?: string;
  connector?: number;
  session?: string;
}

/** Everything one turn may do. All of it commits together, or none of it happened. */
export interface Turn {
  readonly self: Address;
  readonly envelope: Envelope;
  /** Wall milliseconds of the envelope: the only time a turn knows. */
  readonly at: number;
  /** The machine as it stands inside this turn. */
  snapshot(): AnyMachineSnapshot;
  /** Sends one event to the machine; its effects come back through {@link ActorKind.onEffect} before this returns. True if state or context changed. */
  step(event: EventObject): boolean;
  tell(to: Address, type: string, data: Json, options?: TellOptions): void;
  perform(effect: PortEffect): void;
  /** One decision record. The turn's input is journalled by the host already. */
  journal(entry: JournalEntry): void;
  /** Durable rows shared by all actors of the site: `table` and `key` are plain text, keys sort as text. */
  row<T extends Json>(table: string, key: string): T | undefined;
  putRow(table: string, key: string, value: Json): void;
  removeRow(table: string, key: string): void;
  rows<T extends Json>(
    table: string,
    options?: { prefix?: string; from?: string; limit?: number; reverse?: boolean },
  ): Array<{ key: string; value: T }>;
  newUuid(): string;
  /** Lets this turn wait for company (unsigned periodic samples only). */
  relax(): void;
  /**
   * What this turn changed in the machine need not be stored with it: losing it in a crash leaves a state that is
   * older and safe. It goes to disk with the actor's next stored turn.
   */
  keepInMemory(): void;
}

/** How one kind of actor is run: its chart, and the binding that turns envelopes into events and effects into deeds. */
export interface ActorKind {
  kind: string;
  machine: AnyStateMachine;
  /** Stamped on snapshots; a stored lower one is migrated step by step, a higher one is refused. */
  snapshotVersion: number;
  /** `migrations[n]` turns a persisted snapshot of version n into n + 1, its timer rows included. */
  migrations: Readonly<Record<number, (stored: StoredActor) => StoredActor>>;
  mailboxMax: number;
  /**
   * Machine input if this envelope may bring the actor into being; undefined if it may not
   * (it is then consumed, counted and reported to its sender as `runtime.undeliverable`).
   */
  birth(envelope: Envelope): Record<string, unknown> | undefined;
  /**
   * Deadlines that count as due when their time cannot be known (another boot, no trusted clock);
   * all others start anew then.
   */
  isSafetyTimer?(timerId: string): boolean;
  receive(turn: Turn): void;
  onEffect(turn: Turn, effect: RecordedEffect): void;
}

/** A persisted actor: its XState snapshot and its armed timers. */
export interface StoredActor {
  version: number;
  snapshot: Json;
  timers: StoredTimer[];
  /** The highest arm number ever given to a timer of this actor. */
  lastArm: number;
}

export interface StoredTimer {
  timerId: string;
  /** Counts up each time this timer id is armed: a stale expiry does not match. */
  arm: number;
  delayMs: number;
  dueWallMs: number;
  dueMonotonicMs: number;
  /** Of the wall clock when this was armed. */
  clockTrust: ClockTrust;
  bootId: string;
  event: { type: string } & Record<string, Json>;
}
