import type { AnyMachineSnapshot } from 'xstate';
import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import type { Envelope, Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { ActorRecord } from './actor-record.ts';
import type { Directory } from './directory.ts';
import type { EffectRelease } from './effect-release.ts';
import type { Group, PendingEffect, RunTurn } from './group.ts';
import type { GroupCommit } from './group-commit.ts';
import type { HostAlarms } from './host-alarms.ts';
import type { EnvelopeIds } from './ids.ts';
import { decisionDraft, inputDraft } from './journal-draft.ts';
import type { MailItem } from './mail.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';
import type { RowOverlay } from './row-overlay.ts';
import type { RowView } from './row-view.ts';
import { MachineRunner } from './step.ts';
import { Supervision } from './supervision.ts';
import { dropOutboxEntry, TellStaging } from './tell-staging.ts';
import type { TimerService } from './timer-service.ts';
import { TurnRun } from './turn-run.ts';

/** One turn as seen from outside, for views, the inspector and tests. */
export interface TurnRecord {
  address: Address;
  kind: string;
  envelope: Envelope;
  before: AnyMachineSnapshot | undefined;
  after: AnyMachineSnapshot;
  finished: boolean;
  decisions: ReadonlyArray<{ type: string; reason?: { code: string; params?: Record<string, Json> } }>;
}

export type TurnObserver = (record: TurnRecord) => void;

interface StageOptions {
  host: {
    clock: Clock;
    random: Random;
    log: Log;
    rules: string;
    onParked?: (item: MailItem) => void;
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
  readonly #supervision: Supervision;
  readonly #tells: TellStaging;

  constructor(options: StageOptions) {
    this.#o = options;
    this.#tells = new TellStaging(options.outbox, options.ids);
    this.#supervision = new Supervision(options.host.clock);
  }

  isQuarantined(record: ActorRecord): boolean {
    return this.#supervision.isQuarantined(record);
  }

  run(record: ActorRecord, item: MailItem): void {
    if (this.#isStale(record, item)) return;
    if (this.isQuarantined(record)) {
      this.#waitOut(record, item);
      return;
    }
    let before: AnyMachineSnapshot | undefined;
    let run: TurnRun | undefined;
    try {
      before = record.alive ? this.#o.directory.wake(record).snapshot() : undefined;
      run = this.#turn(record, item);
    } catch (error) {
      this.#threw(record, item, before, error);
      return;
    }
    if (!run) this.#undeliverable(record, item);
    else this.#stage(run, item, before);
  }

  /** The group is on disk: what it carried is settled and its effects leave. */
  committed(group: Group): void {
    const { overlay, outbox, release, directory } = this.#o;
    for (const write of group.writes.values()) {
      if (write.table === 'rows') overlay.settle(write.rowTable, write.rowKey, group.no);
    }
    const tells: OutboxEntry[] = [];
    for (const turn of group.turns) {
      if (turn.item.outboxId !== undefined) outbox.remove(turn.item.outboxId);
      for (const older of turn.superseded) outbox.remove(older.id);
      tells.push(...turn.tells);
    }
    outbox.release(tells);
    for (const turn of group.turns) {
      for (const pending of turn.effects) if (release.release(pending)) this.#journalLate(turn, pending);
    }
    for (const after of group.afterwards) after();
    for (const record of group.finished) directory.forget(record);
  }

  /** The groups never happened: envelopes go back to their mailboxes, actors to what the store says. */
  giveBack(groups: readonly Group[]): Set<ActorRecord> {
    const { outbox, overlay, release, directory } = this.#o;
    const items = new Map<ActorRecord, MailItem[]>();
    for (const group of groups) {
      for (const turn of group.turns) {
        for (const entry of turn.tells) outbox.remove(entry.id);
        for (const pending of turn.effects) release.giveBack(pending);
        const list = items.get(turn.record);
        if (list) list.push(turn.item);
        else items.set(turn.record, [turn.item]);
      }
    }
    overlay.clear();
    for (const [record, list] of items) {
      directory.reload(record);
      record.mailbox.putBack(list.filter((item) => item.timer === undefined));
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

  #isStale(record: ActorRecord, item: MailItem): boolean {
    if (item.outboxId !== undefined && !this.#o.outbox.get(item.outboxId)) {
      this.#o.alarms.count('tells.superseded');
      return true;
    }
    if (item.timer && !this.#o.timers.standing(record, item.timer.timerId, item.timer.arm)) {
      this.#o.alarms.count('timers.stale');
      return true;
    }
    return false;
  }

  #stage(run: TurnRun, item: MailItem, before: AnyMachineSnapshot | undefined): void {
    const { commit, overlay, timers, release, host } = this.#o;
    const { record } = run;
    const group = this.#join(item);
    group.journal.push(inputDraft(item.envelope));
    for (const [index, entry] of run.journalled.entries()) {
      group.journal.push(decisionDraft(entry, item.envelope, index, host.rules));
    }
    for (const [id, write] of run.rowWrites) {
      group.writes.set(id, { table: 'rows', rowTable: write.table, rowKey: write.key, value: write.value });
      overlay.set(write.table, write.key, write.value, group.no);
    }
    const after = record.runner!.snapshot();
    record.alive = true;
    const finished = after.status === 'done';
    const timersMoved = timers.apply(record, run.timerOperations);
    if (run.changed || timersMoved) group.dirty.add(record);
    if (finished) this.#finish(record, group);
    const staged = this.#tells.stage(run.envelope, run.tells, group);
    const effects = run.effects.map((effect, index) => release.pend(effect, `${item.envelope.id}#${index}`));
    group.turns.push({ record, item, ...staged, effects });
    if (!run.relaxed) group.immediate = true;
    record.lastGroup = group.no;
    record.lastActiveMs = host.clock.monotonicMs();
    if (!run.changed && run.tells.length + run.effects.length + run.rowWrites.size === 0)
      this.#countIgnored(run);
    this.#notify(run, before, after, finished);
    if (group.turns.length >= limits.groupTurns) commit.sealIfDue();
  }

  /** The open group, with the removal of a tell's outbox entry already in it. */
  #join(item: MailItem): Group {
    const group = this.#o.commit.open;
    if (group.turns.length === 0) group.openedAtMs = this.#o.host.clock.monotonicMs();
    if (item.outboxId !== undefined) {
      dropOutboxEntry(group, item.outboxId);
    }
    return group;
  }

  #finish(record: ActorRecord, group: Group): void {
    group.dirty.add(record);
    group.finished.add(record);
    this.#o.timers.stopAll(record);
    record.runner!.stop();
    record.runner = undefined;
    record.alive = false;
  }

  /** Consumed, counted, and reported to whoever told it. */
  #undeliverable(record: ActorRecord, item: MailItem): void {
    this.#o.alarms.count('envelopes.undeliverable');
    const { envelope } = item;
    const group = this.#join(item);
    group.journal.push(inputDraft(envelope));
    const reason = { code: 'runtime.noSuchActor', params: { to: envelope.to } };
    group.journal.push(
      decisionDraft({ type: 'runtime.undeliverable', reason }, envelope, 0, this.#o.host.rules),
    );
    const tells: OutboxEntry[] = [];
    if (item.outboxId !== undefined && envelope.type !== 'runtime.undeliverable') {
      const data = { to: envelope.to, type: envelope.type, reason: reason.code };
      const report = this.#entry(envelope, {
        to: envelope.from,
        type: 'runtime.undeliverable',
        data,
        options: {},
      });
      this.#o.outbox.stage(report);
      tells.push(report);
      group.writes.set(`outbox\t${report.id}`, {
        table: 'outbox',
        key: report.id,
        value: outboxValue(report),
      });
    }
    group.turns.push({ record, item, tells, superseded: [], effects: [] });
    group.immediate = true;
    this.#o.directory.forget(record);
  }

  #threw(record: ActorRecord, item: MailItem, before: AnyMachineSnapshot | undefined, error: unknown): void {
    const { host, alarms } = this.#o;
    record.runner = before ? MachineRunner.at(record.kind.machine, before) : undefined;
    item.throws += 1;
    alarms.count('turns.threw');
    host.log.error(
      { err: error, actor: record.address, type: item.envelope.type, throws: item.throws },
      'turn threw',
    );
    const verdict = this.#supervision.judge(record, item.throws);
    if (verdict === 'retry') {
      record.mailbox.putBack([item]);
      return;
    }
    this.#park(record, item, String(error));
    if (verdict === 'park') return;
    alarms.raise(
      `quarantine ${record.address}`,
      `${record.address} throws again and again; it runs nothing for 10 minutes`,
    );
    host.onQuarantine?.(record.address);
    if (verdict === 'giveUp') host.onFatal?.('too many actors were quarantined');
  }

  #park(record: ActorRecord, item: MailItem, error: string): void {
    const { host } = this.#o;
    const group = this.#join(item);
    const { transient: _, ...envelope } = item.envelope;
    group.journal.push(inputDraft(item.envelope));
    const reason = { code: 'runtime.turnThrew', params: { error, throws: item.throws } };
    group.journal.push(decisionDraft({ type: 'runtime.parked', reason }, item.envelope, 0, host.rules));
    const value = { envelope: envelope as unknown as Json, error };
    group.writes.set(`parked\t${envelope.id}`, {
      table: 'rows',
      rowTable: 'parked',
      rowKey: envelope.id,
      value,
    });
    this.#o.overlay.set('parked', envelope.id, value, group.no);
    const parked = this.#o.rows.scan('parked');
    if (parked.length > limits.parkedMax) {
      const oldest = parked[0]!.key;
      group.writes.set(`parked\t${oldest}`, {
        table: 'rows',
        rowTable: 'parked',
        rowKey: oldest,
        value: null,
      });
      this.#o.overlay.set('parked', oldest, null, group.no);
    }
    if (item.timer) {
      this.#o.timers.apply(record, [{ kind: 'cancel', timerId: item.timer.timerId }]);
      if (record.alive) group.dirty.add(record);
    }
    group.turns.push({ record, item, tells: [], superseded: [], effects: [] });
    group.immediate = true;
    group.afterwards.push(() => host.onParked?.(item));
    this.#o.alarms.raise(
      'runtime.parked',
      'envelopes were parked after their turns threw; see the parked list',
    );
  }

  /** A quarantined actor runs nothing; it is looked at again when its time is over. */
  #waitOut(record: ActorRecord, item: MailItem): void {
    record.mailbox.putBack([item]);
    record.queued = true;
    const waitMs = record.quarantinedUntilMs - this.#o.host.clock.monotonicMs();
    this.#o.host.clock.setTimer(waitMs + 1, () => {
      record.queued = false;
      this.#o.alarms.clear(`quarantine ${record.address}`);
      this.#o.ready(record);
    });
  }

  #journalLate(turn: RunTurn, pending: PendingEffect): void {
    const reason = {
      code: 'runtime.cutSentLate',
      params: { port: pending.effect.port, type: pending.effect.type },
    };
    const entry = { type: 'runtime.effectSentLate', reason, data: { effect: pending.key } };
    const group = this.#o.commit.open;
    if (group.empty) group.openedAtMs = this.#o.host.clock.monotonicMs();
    group.journal.push(decisionDraft(entry, turn.item.envelope, 999, this.#o.host.rules));
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
    for (const observe of this.#o.observers) observe(record);
  }
}
