import type { AnyMachineSnapshot } from 'xstate';
import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { Envelope, Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { DraftText } from '../persistence/journal-chain.ts';
import type { Random } from '../random.ts';
import type { JournalEntry, PortEffect } from './actor-kind.ts';
import type { ActorRecord } from './actor-record.ts';
import type { Directory } from './directory.ts';
import type { EffectRelease } from './effect-release.ts';
import type { Group, RunTurn } from './group.ts';
import type { GroupCommit } from './group-commit.ts';
import type { HostAlarms } from './host-alarms.ts';
import type { HostOptions } from './host-options.ts';
import type { EnvelopeIds } from './ids.ts';
import { decisionDraft, inputDraft } from './journal-draft.ts';
import type { MailItem } from './mail.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';
import type { RowOverlay } from './row-overlay.ts';
import type { RowView } from './row-view.ts';
import { MachineRunner } from './step.ts';
import { TellStaging } from './tell-staging.ts';
import type { TimerService } from './timer-service.ts';
import { joinGroup, TurnExceptions } from './turn-exceptions.ts';
import { TurnRun } from './turn-run.ts';

/** One turn as seen from outside, for views, the inspector and tests. */
export interface TurnRecord {
  address: Address;
  kind: string;
  envelope: Envelope;
  before: AnyMachineSnapshot | undefined;
  after: AnyMachineSnapshot;
  finished: boolean;
  decisions: readonly JournalEntry[];
}

export type TurnObserver = (record: TurnRecord) => void;

export interface StageOptions {
  host: {
    clock: Clock;
    random: Random;
    log: Log;
    rules: string;
    onParked?: (item: MailItem) => void;
    lastWords?: HostOptions['lastWords'];
    onQuarantine?: (address: Address) => void;
    onFatal?: (why: string) => void;
  };
  rows: RowView;
  overlay: RowOverlay;
  outbox: Outbox;
  timers: TimerService;
  directory: Directory;
  commit: GroupCommit;
  release: EffectRelease;
  alarms: HostAlarms;
  ids: EnvelopeIds;
  observers: readonly TurnObserver[];
  /** The actor may run again. */
  ready: (record: ActorRecord) => void;
}

/** Runs single turns into the open group, and settles or gives back what groups carried. */
export class TurnStage {
  readonly #o: StageOptions;
  readonly #exceptions: TurnExceptions;
  readonly #tells: TellStaging;

  constructor(options: StageOptions) {
    this.#o = options;
    this.#tells = new TellStaging(options.outbox, options.ids);
    this.#exceptions = new TurnExceptions(options, this.#tells);
  }

  get exceptions(): TurnExceptions {
    return this.#exceptions;
  }

  isQuarantined(record: ActorRecord): boolean {
    return this.#exceptions.isQuarantined(record);
  }

  /** No more turns will be run. */
  stop(): void {
    this.#exceptions.stop();
  }

  run(record: ActorRecord, item: MailItem): void {
    if (this.#isStale(record, item)) return;
    if (this.isQuarantined(record)) {
      this.#exceptions.waitOut(record, item);
      return;
    }
    let before: AnyMachineSnapshot | undefined;
    let run: TurnRun | undefined;
    let drafts: DraftText[] = [];
    try {
      before = record.alive ? this.#o.directory.wake(record).snapshot() : undefined;
      run = this.#turn(record, item);
      if (run) drafts = this.#draftsOf(run);
    } catch (error) {
      this.#exceptions.threw(record, item, before, error);
      return;
    }
    if (!run) this.#exceptions.undeliverable(record, item);
    else this.#stage(run, item, drafts, before);
  }

  /** The group is on disk: what it carried is settled and its effects leave. */
  committed(group: Group): void {
    const { overlay, outbox, release, directory } = this.#o;
    overlay.settle(group);
    const tells: OutboxEntry[] = [];
    for (const turn of group.turns) {
      if (turn.item.outboxId !== undefined) outbox.remove(turn.item.outboxId);
      for (const older of turn.superseded) outbox.remove(older.id);
      tells.push(...turn.tells);
    }
    outbox.release(tells);
    for (const turn of group.turns) {
      for (const pending of turn.effects) release.release(pending);
      for (const late of release.takeLate(turn.item.envelope.id)) this.#journalLate(turn, late);
    }
    for (const after of group.afterwards) after();
    for (const { record } of group.turns)
      if (record.lastGroup === group.no && !this.isQuarantined(record)) directory.forget(record);
  }

  /** The groups never happened: envelopes go back to their mailboxes, actors to what the store says. */
  giveBack(groups: readonly Group[]): Set<ActorRecord> {
    const { outbox, overlay, release, directory, timers } = this.#o;
    const items = new Map<ActorRecord, MailItem[]>();
    for (const group of groups) {
      for (const turn of group.turns) {
        for (const entry of turn.tells) outbox.remove(entry.id);
        for (const pending of turn.effects) release.giveBack(pending);
        if (turn.farewell) {
          this.#exceptions.notSaid(turn.farewell);
          continue;
        }
        const list = items.get(turn.record);
        if (list) list.push(turn.item);
        else items.set(turn.record, [turn.item]);
      }
    }
    overlay.clear();
    for (const [record, list] of items) {
      directory.reload(record);
      record.mailbox.putBack(list);
      // Their expiry is to be taken again as the same envelope, not to fire a second time.
      for (const { timer } of list) if (timer) timers.silenceOne(record, timer.timerId);
    }
    return new Set(items.keys());
  }

  /** Undefined: the actor is not in being and this envelope may not bring it into being. */
  #turn(record: ActorRecord, item: MailItem): TurnRun | undefined {
    const { envelope } = item;
    const run = new TurnRun(record, envelope, {
      rows: this.#o.rows,
      newUuid: () => this.#o.host.random.uuid(),
    });
    if (!record.alive) {
      const input = record.kind.birth(envelope);
      if (!input) return undefined;
      record.runner = new MachineRunner(record.kind.machine, { input });
      run.changed = true;
      run.absorb(record.runner.start());
    }
    if (item.timer) this.#fire(run, record, item.timer);
    else record.kind.receive(run);
    return run;
  }

  #fire(run: TurnRun, record: ActorRecord, timer: { timerId: string; arm: number }): void {
    const stored = this.#o.timers.standing(record, timer.timerId, timer.arm)!;
    run.timerOperations.push({ kind: 'cancel', timerId: timer.timerId });
    run.changed = true;
    run.step({ ...stored.event, at: run.at } as { type: string });
  }

  /** A mailbox that nobody empties must not keep `latest` tells that newer ones have replaced. */
  pruneStale(record: ActorRecord): void {
    record.mailbox.prune((item) => this.#isStale(record, item));
  }

  #isStale(record: ActorRecord, item: MailItem): boolean {
    if (item.outboxId !== undefined && !this.#o.outbox.get(item.outboxId)) {
      this.#o.alarms.count('tells.superseded');
      this.#o.release.ranAgain(item.envelope.id);
      return true;
    }
    if (item.timer && !this.#o.timers.standing(record, item.timer.timerId, item.timer.arm)) {
      this.#o.alarms.count('timers.stale');
      this.#o.release.ranAgain(item.envelope.id);
      return true;
    }
    return false;
  }

  /** The input first, then the decisions. */
  #draftsOf(run: TurnRun): DraftText[] {
    const decisions = run.journalled.map((entry, index) =>
      decisionDraft(entry, run.envelope, index, this.#o.host.rules),
    );
    return [inputDraft(run.envelope), ...decisions];
  }

  #stage(
    run: TurnRun,
    item: MailItem,
    drafts: readonly DraftText[],
    before: AnyMachineSnapshot | undefined,
  ): void {
    const { commit, overlay, timers, release, host } = this.#o;
    const { record } = run;
    const group = joinGroup(this.#o, item);
    group.journal.push(...drafts);
    for (const write of run.rowWrites.values()) overlay.set(write, group);
    const after = record.runner!.snapshot();
    record.alive = true;
    const finished = after.status === 'done';
    const timersMoved = timers.apply(record, run.timerOperations);
    if ((run.changed && !run.inMemory) || timersMoved) group.dirty.add(record);
    if (finished) this.#finish(record, group);
    const staged = this.#tells.stage(run.envelope, run.tells, group);
    release.ranAgain(item.envelope.id);
    const effects = run.effects.map((effect, index) =>
      release.pend(effect, run.self, item.envelope.id, index),
    );
    group.turns.push({ record, item, ...staged, effects });
    if (!run.relaxed || run.effects.some((effect) => effect.cut)) group.immediate = true;
    record.lastGroup = group.no;
    record.lastActiveMs = host.clock.monotonicMs();
    if (!run.changed && run.tells.length + run.effects.length + run.rowWrites.size === 0)
      this.#countIgnored(run);
    this.#notify(run, before, after, finished);
    // Taken in; should the group fail, the turn parses the stored text itself.
    if (item.envelope.transient !== undefined) item.envelope.transient = undefined;
    if (group.turns.length >= limits.groupTurns) commit.sealIfDue();
  }

  #finish(record: ActorRecord, group: Group): void {
    group.dirty.add(record);
    this.#o.timers.clear(record);
    record.runner!.stop();
    record.runner = undefined;
    record.alive = false;
  }

  #journalLate(turn: RunTurn, { index, effect }: { index: number; effect: PortEffect }): void {
    const entry = {
      type: 'runtime.effectSentLate',
      reason: { code: 'runtime.cutSentLate', params: { port: effect.port, type: effect.type } },
      data: effect.data as Json,
    };
    const group = this.#o.commit.open;
    if (group.empty) group.openedAtMs = this.#o.host.clock.monotonicMs();
    group.notes.push(decisionDraft(entry, turn.item.envelope, `late${index}`, this.#o.host.rules));
    group.immediate = true;
  }

  /** Events that moved nothing are counted by kind, state and type, never silent. */
  #countIgnored(run: TurnRun): void {
    const state = JSON.stringify(run.record.runner?.snapshot().value ?? 'done');
    this.#o.alarms.count(`ignored ${run.record.kind.kind} ${state} ${run.envelope.type}`);
  }

  #notify(
    run: TurnRun,
    before: AnyMachineSnapshot | undefined,
    after: AnyMachineSnapshot,
    finished: boolean,
  ): void {
    if (this.#o.observers.length === 0) return;
    const record: TurnRecord = {
      address: run.self,
      kind: run.record.kind.kind,
      envelope: run.envelope,
      before,
      after,
      finished,
      decisions: run.journalled,
    };
    for (const observe of this.#o.observers) {
      try {
        observe(record);
      } catch (error) {
        this.#o.host.log.error({ err: error }, 'an observer of turns threw');
      }
    }
  }
}
