import type { Clock, TimerHandle } from '../clock.ts';
import type { Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { DraftText, JournalChain } from '../persistence/journal-chain.ts';
import type { Store, StoreWrite } from '../persistence/store.ts';
import { ValueWriter } from '../persistence/value-codec.ts';
import { Group } from './group.ts';

interface GroupCommitOptions {
  store: Store;
  clock: Clock;
  chain: JournalChain;
  relaxedWaitMs: number;
  onCommitted: (group: Group) => void;
  /** The group in flight failed: it and the open one are given back, newest last. */
  onFailed: (groups: Group[], error: unknown) => void;
  onStall: (stalled: boolean) => void;
  /** The commit in flight is late: more turns may run than one group should hold. */
  onLate: () => void;
}

/** One group in flight, one open: the open one is sealed when the other is on disk. */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #no = 1;
  #open: Group;
  #inFlight: { group: Group; sinceMs: number } | undefined;
  #relaxedTimer: TimerHandle | undefined;
  #stallTimer: TimerHandle | undefined;
  #lateTimer: TimerHandle | undefined;
  #stalled = false;
  #idle: Array<() => void> = [];

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#open = new Group(this.#no);
  }

  /** Number of the last group that is on disk. */
  get landedNo(): number {
    return (this.#inFlight?.group.no ?? this.#no) - 1;
  }

  get busy(): boolean {
    return this.#inFlight !== undefined;
  }

  get open(): Group {
    return this.#open;
  }

  /** True while turns must wait for the store. */
  get full(): boolean {
    if (this.#open.turns.length < limits.groupTurns) return false;
    if (!this.#inFlight) return false;
    const stalledForMs = this.#options.clock.monotonicMs() - this.#inFlight.sinceMs;
    return stalledForMs < limits.lateCutMs || this.#open.turns.length >= limits.groupTurnsStalled;
  }

  /** Seals the open group if its time has come; called after each burst of turns. */
  sealIfDue(): void {
    if (this.#inFlight || this.#open.empty) return;
    const { clock, relaxedWaitMs } = this.#options;
    const waitedMs = clock.monotonicMs() - this.#open.openedAtMs;
    const company = this.#open.turns.length >= limits.relaxedCompany;
    if (this.#open.immediate || company || waitedMs >= relaxedWaitMs) this.#seal();
    else if (!this.#relaxedTimer) {
      this.#relaxedTimer = clock.setTimer(relaxedWaitMs - waitedMs, () => {
        this.#relaxedTimer = undefined;
        this.sealIfDue();
      });
    }
  }

  /** Resolves when nothing is open or in flight; seals at once. */
  async flush(): Promise<void> {
    while (this.#inFlight || !this.#open.empty) {
      this.#open.immediate = true;
      this.sealIfDue();
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
  }

  #seal(): void {
    const { store, clock, chain } = this.#options;
    const group = this.#open;
    this.#clearRelaxedTimer();
    this.#no += 1;
    this.#open = new Group(this.#no);
    this.#inFlight = { group, sinceMs: clock.monotonicMs() };
    this.#watchStall();
    const tip = chain.tip;
    let done: Promise<void>;
    try {
      done = store.commit(this.#writesOf(group));
    } catch (error) {
      done = Promise.reject(error);
    }
    done.then(
      () => this.#committed(group),
      (error) => {
        chain.rewindTo(tip);
        this.#failed(group, error);
      },
    );
  }

  #writesOf(group: Group): StoreWrite[] {
    const writes: StoreWrite[] = [];
    const values = new ValueWriter();
    for (const draft of group.journal) writes.push(this.#record(draft, values));
    for (const note of group.notes) writes.push(this.#record(note, values));
    // Written out; a turn of a group that fails makes them anew. Notes belong to no turn and are kept.
    group.journal.length = 0;
    for (const { storeKey: key, value } of group.rows())
      writes.push({ table: 'rows', key, value: value === null ? null : values.value(key, value) });
    for (const [key, text] of group.outbox)
      writes.push({ table: 'outbox', key, value: text === null ? null : values.raw(key, text) });
    for (const record of group.dirty) {
      const key = record.address;
      // An actor may have ended and begun again within the group: what it is now counts.
      if (!record.alive) writes.push({ table: 'snapshots', key, value: null });
      else
        writes.push({
          table: 'snapshots',
          key,
          value: values.value(key, record.stored() as unknown as Json),
        });
    }
    return writes;
  }

  #record(draft: DraftText, values: ValueWriter): StoreWrite {
    const { key, text } = this.#options.chain.seal(draft);
    return { table: 'journal', key, value: values.raw(key, text) };
  }

  #committed(group: Group): void {
    this.#landed();
    this.#options.onCommitted(group);
    this.sealIfDue();
    this.#notifyIdle();
  }

  #failed(group: Group, error: unknown): void {
    this.#landed();
    const discarded = this.#open;
    this.#clearRelaxedTimer();
    this.#no += 1;
    this.#open = new Group(this.#no);
    this.#options.onFailed([group, discarded], error);
    this.#notifyIdle();
  }

  #landed(): void {
    this.#inFlight = undefined;
    if (this.#stallTimer) this.#options.clock.clearTimer(this.#stallTimer);
    if (this.#lateTimer) this.#options.clock.clearTimer(this.#lateTimer);
    this.#stallTimer = undefined;
    if (this.#stalled) this.#options.onStall(false);
    this.#stalled = false;
  }

  #watchStall(): void {
    this.#lateTimer = this.#options.clock.setTimer(limits.lateCutMs, this.#options.onLate);
    this.#stallTimer = this.#options.clock.setTimer(limits.storeStallAlarmMs, () => {
      this.#stalled = true;
      this.#options.onStall(true);
    });
  }

  #clearRelaxedTimer(): void {
    if (this.#relaxedTimer) this.#options.clock.clearTimer(this.#relaxedTimer);
    this.#relaxedTimer = undefined;
  }

  #notifyIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
