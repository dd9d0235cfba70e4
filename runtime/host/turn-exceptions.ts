import type { AnyMachineSnapshot } from 'xstate';
import type { Envelope, Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { DraftText } from '../persistence/journal-chain.ts';
import type { ActorRecord } from './actor-record.ts';
import type { Group } from './group.ts';
import { bareDraft, decisionDraft, inputDraft } from './journal-draft.ts';
import type { MailItem } from './mail.ts';
import type { OutboxEntry } from './outbox.ts';
import { type Farewell, type Quarantine, Quarantines } from './quarantines.ts';
import { rowStoreKey } from './row-overlay.ts';
import { MachineRunner } from './step.ts';
import { Supervision } from './supervision.ts';
import type { TellStaging } from './tell-staging.ts';
import type { StageOptions } from './turn-stage.ts';

/** What happens when a turn cannot be run as it should: no such actor, a throw, a quarantine. */
export class TurnExceptions {
  readonly #o: StageOptions;
  readonly #tells: TellStaging;
  readonly #supervision: Supervision;
  readonly #quarantines: Quarantines;

  constructor(options: StageOptions, tells: TellStaging) {
    this.#o = options;
    this.#tells = tells;
    this.#supervision = new Supervision(options.host.clock);
    this.#quarantines = new Quarantines(options.host.clock, (record) => this.endQuarantine(record));
  }

  isQuarantined(record: ActorRecord): boolean {
    return this.#quarantines.has(record);
  }

  get quarantines(): Quarantine[] {
    return this.#quarantines.list();
  }

  /** Consumed, counted, and reported to whoever told it. */
  undeliverable(record: ActorRecord, item: MailItem): void {
    this.#o.alarms.count('envelopes.undeliverable');
    const { envelope } = item;
    const group = joinGroup(this.#o, item);
    group.journal.push(parkedDraft(envelope));
    const reason = { code: 'runtime.noSuchActor', params: { to: envelope.to } };
    group.journal.push(
      decisionDraft({ type: 'runtime.undeliverable', reason }, envelope, 0, this.#o.host.rules),
    );
    this.#o.release.ranAgain(envelope.id);
    const tells: OutboxEntry[] = [];
    if (item.outboxId !== undefined && envelope.type !== 'runtime.undeliverable') {
      const data = { to: envelope.to, type: envelope.type, reason: reason.code };
      const report = { to: envelope.from, type: 'runtime.undeliverable', data, options: {} };
      tells.push(...this.#tells.stage(envelope, [report], group).tells);
    }
    group.turns.push({ record, item, tells, superseded: [], effects: [] });
    group.immediate = true;
    record.lastGroup = group.no;
  }

  threw(record: ActorRecord, item: MailItem, before: AnyMachineSnapshot | undefined, error: unknown): void {
    const { host, alarms } = this.#o;
    record.runner = before ? MachineRunner.at(record.kind.machine, before) : undefined;
    item.throws += 1;
    alarms.count('turns.threw');
    host.log.error(
      { err: error, actor: record.address, type: item.envelope.type, throws: item.throws },
      'turn threw',
    );
    const verdict = this.#supervision.judge(record, item);
    if (verdict === 'retry') {
      record.mailbox.putBack([item]);
      return;
    }
    this.#park(record, item, String(error));
    if (verdict === 'park') return;
    this.#setAside(record, item.envelope, before, String(error));
    if (verdict === 'giveUp') host.onFatal?.('too many actors were quarantined');
  }

  #setAside(
    record: ActorRecord,
    cause: Envelope,
    before: AnyMachineSnapshot | undefined,
    error: string,
  ): void {
    const { host, alarms, directory } = this.#o;
    const words = (host.lastWords?.(record.address, before) ?? []).filter(
      ({ to }) => directory.get(to)?.alive,
    );
    this.#quarantines.begin(
      record,
      cause,
      error,
      words.map((word) => ({ ...word, options: {} })),
    );
    this.sayFarewells();
    alarms.raise(
      `quarantine ${record.address}`,
      `${record.address} throws again and again; it runs nothing for 10 minutes, or until it is released`,
    );
    host.onQuarantine?.(record.address);
  }

  /** Puts what the supervisor has to say for actors that it set aside into the open group. */
  sayFarewells(): void {
    for (const farewell of this.#quarantines.takeUnsaid()) {
      const { record, cause, why, untilMs, tells } = farewell;
      const item: MailItem = { envelope: cause, throws: 0 };
      const group = joinGroup(this.#o, item);
      const reason = { code: 'runtime.throwsAgainAndAgain', params: { error: why, untilMs } };
      const entry = { type: 'runtime.quarantined', reason };
      group.journal.push(decisionDraft(entry, cause, 'quarantined', this.#o.host.rules));
      group.turns.push({ record, item, ...this.#tells.stage(cause, tells, group), effects: [], farewell });
      group.immediate = true;
      record.lastGroup = group.no;
    }
  }

  /** The commit of a farewell failed: it is said once the store is back. */
  notSaid(farewell: Farewell): void {
    this.#quarantines.notSaid(farewell);
  }

  #park(record: ActorRecord, item: MailItem, error: string): void {
    const { host } = this.#o;
    const group = joinGroup(this.#o, item);
    const { transient: _, ...envelope } = item.envelope;
    group.journal.push(parkedDraft(item.envelope));
    const reason = { code: 'runtime.turnThrew', params: { error, throws: item.throws } };
    group.journal.push(decisionDraft({ type: 'runtime.parked', reason }, item.envelope, 0, host.rules));
    const value = { envelope: envelope as unknown as Json, error };
    this.#writeParked(group, envelope.id, value);
    const parked = this.#o.rows.scan('parked');
    if (parked.length > limits.parkedMax) this.#writeParked(group, parked[0]!.key, null);
    if (item.timer) {
      this.#o.timers.apply(record, [{ kind: 'cancel', timerId: item.timer.timerId }]);
      if (record.alive) group.dirty.add(record);
    }
    group.turns.push({ record, item, tells: [], superseded: [], effects: [] });
    group.immediate = true;
    record.lastGroup = group.no;
    this.#o.release.ranAgain(item.envelope.id);
    group.afterwards.push(() => host.onParked?.(item));
    this.#o.alarms.raise(
      'runtime.parked',
      'envelopes were parked after their turns threw; see the parked list',
    );
  }

  #writeParked(group: Group, key: string, value: Json | null): void {
    this.#o.overlay.set({ table: 'parked', key, storeKey: rowStoreKey('parked', key), value }, group);
  }

  /** A quarantined actor runs nothing: what it is to take waits for the end of the quarantine. */
  waitOut(record: ActorRecord, item: MailItem): void {
    record.mailbox.putBack([item]);
    record.queued = true;
  }

  /** The process ends: nobody is left to be let out. */
  stop(): void {
    this.#quarantines.stop();
  }

  /** Its time is over, or an operator lets it out. False when it was not quarantined. */
  endQuarantine(record: ActorRecord): boolean {
    if (!this.#quarantines.end(record)) return false;
    record.queued = false;
    this.#o.alarms.clear(`quarantine ${record.address}`);
    this.#o.ready(record);
    this.#o.directory.forget(record);
    return true;
  }
}

/** Even data that the journal cannot hold must not keep its envelope from being set aside. */
function parkedDraft(envelope: Envelope): DraftText {
  try {
    return inputDraft(envelope);
  } catch (error) {
    return bareDraft(envelope, String(error));
  }
}

/** The open group, with the removal of a tell's outbox entry already in it. */
export function joinGroup(o: Pick<StageOptions, 'commit' | 'host'>, item: MailItem): Group {
  const group = o.commit.open;
  if (group.turns.length === 0) group.openedAtMs = o.host.clock.monotonicMs();
  if (item.outboxId !== undefined) group.outbox.set(item.outboxId, null);
  return group;
}
