import type { Address } from '../address.ts';
import type { TimerHandle } from '../clock.ts';
import { type Incoming, incomingEnvelope, type Json } from '../envelope.ts';
import type { PostOptions, PostRefusal, PostResult } from '../errors.ts';
import { limits } from '../limits.ts';
import { JournalChain } from '../persistence/journal-chain.ts';
import { StoreFault } from '../persistence/store.ts';
import type { JournalEntry } from './actor-kind.ts';
import type { ActorRecord } from './actor-record.ts';
import { Directory } from './directory.ts';
import { EffectRelease } from './effect-release.ts';
import type { Group } from './group.ts';
import { GroupCommit } from './group-commit.ts';
import { HostAlarms } from './host-alarms.ts';
import { HostNotes } from './host-notes.ts';
import type { HostOptions } from './host-options.ts';
import { EnvelopeIds } from './ids.ts';
import type { MailItem } from './mail.ts';
import { Outbox } from './outbox.ts';
import type { Quarantine } from './quarantines.ts';
import { countProcessStart, type Recovered, recoverJournal } from './recovery.ts';
import { RowOverlay } from './row-overlay.ts';
import { type RowScan, RowView } from './row-view.ts';
import { RunLoop } from './run-loop.ts';
import { StoreOutage } from './store-outage.ts';
import { TimerService } from './timer-service.ts';
import { type TurnObserver, TurnStage } from './turn-stage.ts';

/**
 * Runs actors in turns: take an envelope, step the machine, commit everything the turn did together with others,
 * and only then let its effects out. See DESIGN section 4.
 */
export class ActorHost {
  readonly alarms: HostAlarms;
  readonly outbox: Outbox;
  readonly #options: HostOptions;
  readonly #overlay = new RowOverlay();
  readonly #rows: RowView;
  readonly #directory: Directory;
  readonly #timers: TimerService;
  #commit!: GroupCommit;
  #stage!: TurnStage;
  #loop!: RunLoop;
  #release!: EffectRelease;
  #ids!: EnvelopeIds;
  readonly #notes: HostNotes;
  #stopping = false;
  readonly #outage: StoreOutage;
  #sweep: TimerHandle | undefined;
  readonly #observers: TurnObserver[] = [];

  constructor(options: HostOptions) {
    this.#options = options;
    const { store, bus, clock } = options;
    this.alarms = new HostAlarms(clock);
    this.#outage = new StoreOutage({ clock, retry: () => this.#retryNow() });
    this.#notes = new HostNotes({ clock, outage: this.#outage, alarms: this.alarms });
    this.#rows = new RowView(store, this.#overlay);
    this.#timers = new TimerService(clock, (record, timerId, arm) => this.#timerDue(record, timerId, arm));
    this.#directory = new Directory(options.kinds, store, this.#timers);
    this.outbox = new Outbox({
      bus,
      clock,
      directDeliveryMs: limits.directDeliveryMs,
      enqueue: (entry) =>
        this.#enqueueTell(entry.envelope.to, { envelope: entry.envelope, outboxId: entry.id, throws: 0 }),
      onDirect: (reason) => {
        if (reason === 'clear') this.alarms.clear('bus.direct');
        else this.alarms.raise('bus.direct', `tells are delivered past the bus, which is ${reason}`);
      },
      onHeld: (senders) => this.alarms.tellsWait(senders),
    });
  }

  /** Recovers everything and starts running; resolves when new envelopes are welcome. */
  async start(): Promise<Recovered> {
    const { store, clock } = this.#options;
    const recovered = recoverJournal(store);
    if (recovered.chainProblem) this.alarms.raise('journal.chain', recovered.chainProblem);
    this.#options.onRecovered?.(recovered);
    this.#ids = new EnvelopeIds(recovered.processStart);
    const chain = new JournalChain(recovered.tip);
    this.#release = new EffectRelease({
      clock,
      ports: this.#options.ports,
      log: this.#options.log,
      onLate: () => this.alarms.count('cuts.sentLate'),
    });
    this.#commit = new GroupCommit({
      store,
      clock,
      chain,
      relaxedWaitMs: this.#options.relaxedWaitMs ?? limits.relaxedWaitMs,
      onCommitted: (group) => this.#committed(group),
      onFailed: (groups, error) => this.#failed(groups, error),
      onLate: () => this.#loop.wake(),
      onStall: (stalled) => {
        if (stalled)
          this.alarms.raise(
            'store.stalled',
            'a commit takes longer than 3 s; answers wait, cuts leave anyway',
          );
        else this.alarms.clear('store.stalled');
      },
    });
    this.#stage = new TurnStage({
      host: this.#options,
      rows: this.#rows,
      overlay: this.#overlay,
      outbox: this.outbox,
      timers: this.#timers,
      directory: this.#directory,
      commit: this.#commit,
      release: this.#release,
      alarms: this.alarms,
      ids: this.#ids,
      observers: this.#observers,
      ready: (record) => this.#loop.ready(record),
    });
    this.#loop = new RunLoop(clock, {
      mayRun: () => !this.#commit.full && !this.#outage.standing,
      runTurn: (record, item) => this.#stage.run(record, item),
      afterBurst: () => this.#commit.sealIfDue(),
    });
    await this.#restore(recovered.processStart);
    this.#notes.open(this.#commit, this.#ids);
    this.#armSweep();
    return recovered;
  }

  /** Hands in something from outside. The result tells an adapter whether it may forget its copy: `accepted` is not yet durable. */
  post(incoming: Incoming, options: PostOptions = {}): PostResult {
    const refused = this.#refusal(incoming.to, options);
    if (refused) return { refused };
    const envelope = incomingEnvelope(incoming, this.#ids.next(), this.#options.clock);
    if (!this.#directory.isKnownKind(incoming.to)) return { refused: 'UNKNOWN_ADDRESS' };
    const record = this.#directory.demand(incoming.to);
    if (!record.mailbox.offer({ envelope, throws: 0 }, options.urgent)) return { refused: 'MAILBOX_FULL' };
    this.#loop.ready(record);
    if (options.urgent && this.#outage.standing) this.#retryNow();
    return 'accepted';
  }

  /** Journals something that no actor decided: an alarm, a clock step. */
  record(entry: JournalEntry): void {
    this.#notes.record(entry);
  }

  /** Journals a deed of the supervisor and does it: once it is on disk, or after 300 ms all the same. */
  carryOut(entry: JournalEntry, deed: () => void): void {
    this.#notes.carryOut(entry, deed);
  }

  /** The machine's state as it stands in memory (perhaps ahead of the disk) or in the store; undefined for an address that is not in being. */
  peek(address: Address): { value: unknown; context: Record<string, unknown> } | undefined {
    const record = this.#directory.get(address);
    if (!record?.alive) return undefined;
    const snapshot = this.#directory.wake(record).snapshot();
    return { value: snapshot.value, context: snapshot.context as Record<string, unknown> };
  }

  isQuarantined(address: Address): boolean {
    const record = this.#directory.get(address);
    return record !== undefined && this.#stage.isQuarantined(record);
  }

  /** Who runs nothing for now, oldest first. */
  quarantines(): Quarantine[] {
    return this.#stage.exceptions.quarantines;
  }

  /** Lets a quarantined actor out before its time; what waited for it is taken now, in order. `why` is journalled. */
  release(address: Address, why: string): 'released' | 'notQuarantined' | 'unknownActor' {
    const record = this.#directory.get(address);
    if (!record) return 'unknownActor';
    if (!this.#stage.exceptions.endQuarantine(record)) return 'notQuarantined';
    const reason = { code: 'operator.released', params: { address, why } };
    this.record({ type: 'runtime.released', reason });
    return 'released';
  }

  addresses(kind: string): Address[] {
    return this.#directory.addresses(kind);
  }

  /** Rows as the actors see them (perhaps ahead of the disk), for reading only. */
  rows<T extends Json>(table: string, scan: RowScan = {}): Array<{ key: string; value: T }> {
    return this.#rows.scan(table, scan) as Array<{ key: string; value: T }>;
  }

  observe(observer: TurnObserver): () => void {
    this.#observers.push(observer);
    return () => this.#observers.splice(this.#observers.indexOf(observer), 1);
  }

  get counters(): Readonly<Record<string, number>> {
    return {
      ...this.alarms.counters,
      ...this.outbox.stats,
      actors: this.#directory.size,
      outbox: this.outbox.size,
    };
  }

  /** Resolves when no turn is pending, running or in flight. */
  async settle(): Promise<void> {
    do {
      await this.#loop.idle();
      await this.#commit.flush();
    } while (!this.#loop.isIdle);
  }

  /** Takes nothing new, lets what was taken reach the disk, stops all timers. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#sweep) this.#options.clock.clearTimer(this.#sweep);
    this.#outage.stopTimer();
    this.#directory.stopTimers();
    this.#stage.stop();
    this.#notes.stop();
    this.outbox.close();
    this.#loop.stop();
    if (!this.#outage.standing) await this.#commit.flush();
  }

  #refusal(to: Address, { urgent, notice }: PostOptions): PostRefusal | undefined {
    if (this.#stopping) return 'STOPPING';
    if (this.#outage.standing && !urgent) return 'STORE_FAILING';
    const record = this.#directory.get(to);
    if (record && this.#stage.isQuarantined(record)) return 'QUARANTINED';
    if (!urgent && !notice && this.outbox.isHeld(to)) return 'TELLS_WAITING';
    return undefined;
  }

  /** Reads everything before the first commit: an unreadable store must be found before it is written to. */
  async #restore(processStart: number): Promise<void> {
    this.#directory.restore((address, error) => {
      this.alarms.raise(`snapshot.unreadable ${address}`, String(error));
      this.#options.log.error({ err: error, actor: address }, 'stored actor is unreadable and starts anew');
    });
    const entries = this.#directory
      .readOutbox((key, error) => {
        this.alarms.raise(`outbox.unreadable ${key}`, `a message between actors is lost: ${String(error)}`);
      })
      .map((stored) => this.outbox.restore(stored.envelope, stored.delivery, stored.latestKey ?? undefined));
    await countProcessStart(this.#options, this.alarms, processStart);
    this.#directory.rearmAll();
    this.outbox.release(entries);
  }

  #enqueueTell(to: Address, item: MailItem): void {
    const record = this.#directory.demand(to);
    record.mailbox.addTell(item);
    if (record.mailbox.wantsPruning) this.#stage.pruneStale(record);
    this.#loop.ready(record);
  }

  #timerDue(record: ActorRecord, timerId: string, arm: number): void {
    const now = this.#options.clock.wallMs();
    const timer = this.#timers.standing(record, timerId, arm);
    if (!timer) return;
    record.mailbox.addTimer({
      envelope: {
        id: this.#ids.next(),
        type: 'runtime.timerFired',
        at: now,
        receivedAt: now,
        clockTrust: this.#options.clock.trust,
        from: record.address,
        to: record.address,
        data: { timerId, arm, event: timer.event.type },
      },
      timer: { timerId, arm },
      throws: 0,
    });
    this.#loop.ready(record);
  }

  #committed(group: Group): void {
    if (this.#outage.ended()) {
      this.#writeHeld();
      this.alarms.clear('store.failing');
    }
    this.#stage.committed(group);
    this.#loop.wake();
  }

  #failed(groups: Group[], error: unknown): void {
    // First of all: what is raised below is to wait for the store, not to be tried at once.
    this.#outage.failed(groups.flatMap((group) => group.notes));
    this.alarms.raise(
      'store.failing',
      `the store does not take writes: ${String(error)}; chargers keep their messages`,
    );
    this.alarms.count('store.failedGroups');
    this.#options.log.error({ err: error }, 'group commit failed');
    this.#options.onStoreFault?.(error);
    if (error instanceof StoreFault && error.code === 'inDoubt') this.#options.onFatal?.(error.message);
    for (const record of this.#stage.giveBack(groups)) this.#loop.ready(record);
    if (!this.#stopping) return;
    this.#outage.stopTimer();
    this.#directory.stopTimers();
  }

  /** One burst of turns is the probe: if its group lands, the store is back. */
  #retryNow(): void {
    if (!this.#outage.standing || this.#stopping) return;
    const outcome = this.#outage.during(() => {
      this.#writeHeld();
      this.#loop.runBurst();
      return this.#commit.open.empty && !this.#commit.busy ? 'nothing' : 'tried';
    });
    // An empty probe would prove nothing, so the store counts as back until a group fails again.
    if (outcome === 'nothing') this.alarms.clear('store.failing');
  }

  /** What waited for the store to take writes again. */
  #writeHeld(): void {
    this.#notes.writeHeld();
    this.#stage.exceptions.sayFarewells();
  }

  #armSweep(): void {
    this.#sweep = this.#options.clock.setTimer(limits.passivateEveryMs, () => {
      this.#directory.passivate(
        this.#options.clock.monotonicMs() - limits.passivateAfterMs,
        this.#commit.landedNo,
      );
      this.#overlay.cache.age();
      this.#armSweep();
    });
  }
}
