import { createMachine } from 'xstate';
import { type Address, kindOf } from '../address.ts';
import type { Store } from '../persistence/store.ts';
import { isStoreKey } from '../persistence/store-key.ts';
import type { ActorKind, StoredActor } from './actor-kind.ts';
import { ActorRecord } from './actor-record.ts';
import { readActor, readActors, readOutbox, type StoredTell } from './recovery.ts';
import { MachineRunner } from './step.ts';
import type { TimerService } from './timer-service.ts';

/** Address → actor. Machines of untouched actors are put to sleep: their snapshot in the store is enough. */
export class Directory {
  readonly #kinds: ReadonlyMap<string, ActorKind>;
  readonly #store: Store;
  readonly #timers: TimerService;
  readonly #records = new Map<Address, ActorRecord>();

  constructor(kinds: readonly ActorKind[], store: Store, timers: TimerService) {
    this.#kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    this.#store = store;
    this.#timers = timers;
  }

  get size(): number {
    return this.#records.size;
  }

  get(address: Address): ActorRecord | undefined {
    return this.#records.get(address);
  }

  /** Whether an actor can live there: its kind exists and the store can hold its name. */
  isKnownKind(address: Address): boolean {
    return this.#kinds.has(kindOf(address)) && isStoreKey(address);
  }

  /** The record of an address, made if need be; the actor itself may not be in being (yet). */
  demand(address: Address): ActorRecord {
    const known = this.#records.get(address);
    if (known) return known;
    const record = new ActorRecord(
      address,
      this.isKnownKind(address) ? this.#kinds.get(kindOf(address))! : nobody,
    );
    this.#records.set(address, record);
    return record;
  }

  /** Forgets an address that is not in being and has nothing to take. */
  forget(record: ActorRecord): void {
    if (!record.alive && record.mailbox.size === 0) this.#records.delete(record.address);
  }

  addresses(kind: string): Address[] {
    return [...this.#records.values()].filter((r) => r.alive && r.kind.kind === kind).map((r) => r.address);
  }

  /** The machine of an actor in being, restored from the store if it sleeps. */
  wake(record: ActorRecord): MachineRunner {
    if (!record.runner) {
      const bytes = this.#store.get('snapshots', record.address);
      if (!bytes) throw new Error(`${record.address} is in being but has no snapshot`);
      record.runner = restored(record.kind, readActor(record.address, bytes, record.kind));
    }
    return record.runner;
  }

  /** Puts a record back to what the store says, its deadlines included; one that is unreadable is not in being. */
  reload(record: ActorRecord): void {
    record.runner = undefined;
    const bytes = this.#store.get('snapshots', record.address);
    let stored: StoredActor | undefined;
    try {
      stored = bytes && readActor(record.address, bytes, record.kind);
    } catch {
      stored = undefined; // Reported when the process started.
    }
    record.alive = stored !== undefined;
    this.#adopt(record, stored);
    this.#timers.rearm(record);
  }

  restore(onUnreadable: (address: string, error: unknown) => void): void {
    for (const { address, kind, read } of readActors(this.#store, this.#kinds)) {
      const record = new ActorRecord(address, kind);
      try {
        const stored = read();
        record.alive = true;
        this.#records.set(address, record);
        this.#adopt(record, stored);
      } catch (error) {
        onUnreadable(address, error);
      }
    }
  }

  /** Starts the clock for every restored deadline. */
  rearmAll(): void {
    for (const record of this.#records.values()) this.#timers.rearm(record);
  }

  readOutbox(onUnreadable: (key: string, error: unknown) => void): StoredTell[] {
    return [...readOutbox(this.#store, onUnreadable)];
  }

  stopTimers(): void {
    for (const record of this.#records.values()) this.#timers.silence(record);
  }

  /** Lets go of machines untouched since `beforeMs` whose last group is on disk. */
  passivate(beforeMs: number, landedGroup: number): void {
    for (const record of this.#records.values()) {
      if (record.runner && record.lastActiveMs < beforeMs && record.lastGroup <= landedGroup) {
        record.runner = undefined;
      }
    }
  }

  #adopt(record: ActorRecord, stored: StoredActor | undefined): void {
    this.#timers.silence(record);
    record.timers = new Map(stored?.timers.map((timer) => [timer.timerId, timer]) ?? []);
    // Never lower: the expiry of an arming that was given back may still lie in the mailbox.
    record.lastArm = Math.max(record.lastArm, stored?.lastArm ?? 0);
  }
}

/** Stands in for kinds that do not exist: whatever is told to them is consumed and reported. */
const nobody: ActorKind = {
  kind: 'nobody',
  machine: createMachine({}),
  snapshotVersion: 1,
  migrations: {},
  mailboxMax: 64,
  birth: () => undefined,
  receive: () => {},
  onEffect: () => {},
};

function restored(kind: ActorKind, stored: StoredActor): MachineRunner {
  const runner = new MachineRunner(kind.machine, { snapshot: stored.snapshot });
  runner.start();
  return runner;
}
