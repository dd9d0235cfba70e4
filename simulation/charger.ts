import type { Clock, TimerHandle } from '../runtime/clock.ts';
import { ChargerDeeds } from './charger-deeds.ts';
import { type CallOutcome, ChargerLink, type CommandAnswer } from './charger-link.ts';
import { RATED_MILLIAMPS, type SimulatedChargerOptions, STEP_MS } from './charger-options.ts';
import { ChargerRegistration } from './charger-registration.ts';
import { ChargerTransactions, type StopReason } from './charger-transactions.ts';
import { type BootCause, type ChargerWords, type CommandHandler, wordsOf } from './charger-words.ts';
import type { ReadingContext } from './meter-values.ts';
import type { Payload } from './ocpp-j.ts';
import { Prng } from './prng.ts';
import { ProfileStore } from './profile-store.ts';
import { repeatEvery } from './repeat.ts';
import { SimulatedConnector } from './simulated-connector.ts';
import { addPhases, NO_CURRENT, type PhaseMilliamps } from './three-phase.ts';
import type { AnsweredMessage, TransactionMessage } from './transaction-message.ts';
import type { SimulatedVehicle } from './vehicle.ts';

const CARD_AGAIN_MS = 5_000;
const METER_START_SPREAD_WH = 900_000;

/**
 * A decent OCPP charger over a real WebSocket, with cars to plug in; the version is a matter of its words. What
 * happens while nobody listens is kept with its time and delivered in order; limits inside it hold with or without a
 * link.
 */
export class SimulatedCharger {
  readonly identity: string;
  readonly options: SimulatedChargerOptions;
  readonly connectors: readonly SimulatedConnector[];
  readonly profiles: ProfileStore;
  readonly #clock: Clock;
  readonly #transactions: ChargerTransactions;
  readonly #words: ChargerWords;
  readonly #link: ChargerLink;
  readonly #registration: ChargerRegistration;
  readonly #deeds: ChargerDeeds;
  readonly #commands: ReadonlyMap<string, CommandHandler>;
  #stopStepping: (() => void) | null = null;
  #linkRestore: TimerHandle | null = null;
  /** What waits for the end of all transactions. */
  #whenIdle: (() => void) | null = null;

  constructor(options: SimulatedChargerOptions) {
    const random = new Prng(options.seed).split(options.identity);
    const meters = random.split('meters');
    this.options = options;
    this.identity = options.identity;
    this.#clock = options.clock;
    this.#words = wordsOf(options);
    this.#transactions = new ChargerTransactions(
      options,
      this.#words,
      random.split('transactions'),
      () => this.#link.isReady,
    );
    this.connectors = Array.from(
      { length: options.connectors },
      (_, index) =>
        new SimulatedConnector(index + 1, options.phases, meters.integer(0, METER_START_SPREAD_WH)),
    );
    this.profiles = new ProfileStore(options.connectors);
    this.#deeds = new ChargerDeeds(this);
    this.#commands = this.#words.commands(this, this.#deeds);
    this.#link = new ChargerLink(options, random.split('link'), this.#transactions.queue, {
      opened: () => this.#registration.opened(),
      closed: () => this.#registration.closed(),
      called: (action, payload) => this.#called(action, payload),
      sealed: (message) => this.#words.sealed(message),
      settled: (message, answer) => this.#settled(message, answer),
    });
    this.#registration = new ChargerRegistration(options, this.#words, this.#link, (hasBooted) =>
      this.#registered(hasBooted),
    );
  }

  /** Transaction messages that were answered with a CALLRESULT, oldest first. */
  get answered(): readonly AnsweredMessage[] {
    return this.#transactions.answered;
  }

  /** Transaction messages still kept, how many samples were thinned out, and how many messages were given up. */
  get backlog(): { waiting: number; thinned: number; givenUp: number } {
    const { length, thinned, givenUp } = this.#transactions.queue;
    return { waiting: length, thinned, givenUp };
  }

  /** The link is open and BootNotification was accepted. */
  get isOnline(): boolean {
    return this.#link.isReady;
  }

  /** What all cars at this charger draw now. */
  get currents(): PhaseMilliamps {
    return this.connectors.reduce<PhaseMilliamps>(
      (sum, connector) => addPhases(sum, connector.currents),
      NO_CURRENT,
    );
  }

  connector(number: number): SimulatedConnector {
    const connector = this.connectors[number - 1];
    if (!connector) throw new RangeError(`${this.identity} has no connector ${number}`);
    return connector;
  }

  /** Power on. */
  start(): void {
    if (this.#stopStepping) return;
    this.#stopStepping = repeatEvery(this.#clock, STEP_MS, () => this.#step());
    this.#link.connect();
  }

  /** Ends the simulation of this charger; nothing runs afterwards. */
  stop(): void {
    this.#stopStepping?.();
    this.#stopStepping = null;
    this.#registration.cancelRetry();
    if (this.#linkRestore) this.#clock.clearTimer(this.#linkRestore);
    this.#link.cut();
  }

  /** A car arrives and a card is shown. Throws when the outlet is taken. */
  plugIn(number: number, vehicle: SimulatedVehicle, driver: { idTag: string }): void {
    const connector = this.connector(number);
    if (connector.vehicle) throw new RangeError(`${this.identity} connector ${number} is taken`);
    connector.vehicle = vehicle;
    connector.idTag ??= driver.idTag;
    if (connector.permission === 'granted' && connector.idTag)
      this.beginTransaction(connector, connector.idTag);
    else if (connector.permission === 'none') {
      connector.permission = 'wanted';
      this.#transactions.plugged(connector);
    }
    this.#step();
  }

  /** The driver ends the session at the charger; the car stays. */
  stopCharging(number: number): void {
    const connector = this.connector(number);
    if (connector.transaction) this.endTransaction(connector, 'Local');
  }

  /** The car leaves. */
  unplug(number: number): void {
    const connector = this.connector(number);
    this.endTransaction(connector, 'EVDisconnected');
    connector.release();
    this.reportStatuses();
  }

  /** The network cable is out, for `forMs` or until `restoreLink`. */
  dropLink(forMs?: number): void {
    this.#link.cut();
    if (this.#linkRestore) this.#clock.clearTimer(this.#linkRestore);
    this.#linkRestore = forMs === undefined ? null : this.#clock.setTimer(forMs, () => this.restoreLink());
  }

  restoreLink(): void {
    if (this.#stopStepping) this.#link.connect();
  }

  /** Power off for `downMs`: running sessions end; kept messages, default limits and the meters survive. */
  powerCycle(downMs = 1_000, reason: StopReason = 'PowerLoss'): void {
    this.#whenIdle = null;
    this.#link.cut();
    for (const connector of this.connectors) this.endTransaction(connector, reason);
    this.#stopStepping?.();
    this.#stopStepping = null;
    if (this.#linkRestore) this.#clock.clearTimer(this.#linkRestore);
    this.#registration.wentDown(reason === 'PowerLoss' ? 'PowerUp' : 'RemoteReset');
    this.#linkRestore = this.#clock.setTimer(downMs, () => this.start());
  }

  /** Sends what is not kept; used by triggered messages and notices. */
  notify(action: string, payload: Payload): Promise<CallOutcome> {
    return this.#link.request(action, payload);
  }

  boot(cause: BootCause): Promise<void> {
    return this.#registration.boot(cause);
  }

  get heartbeatIntervalMs(): number {
    return this.#registration.heartbeatIntervalMs;
  }

  get meterIntervalMs(): number {
    return this.#transactions.meterIntervalMs;
  }

  /** Counts from the next transaction or sample on. */
  setMeterInterval(intervalMs: number): void {
    this.#transactions.meterIntervalMs = intervalMs;
  }

  setHeartbeatInterval(intervalMs: number): void {
    this.#registration.setHeartbeatInterval(intervalMs);
  }

  /** Begins a transaction now, whoever allowed it. */
  beginTransaction(connector: SimulatedConnector, idTag: string): void {
    this.#transactions.begin(connector, idTag);
    this.#deeds.transactionBegan(connector);
    connector.offeredMilliamps = this.limitMilliamps(connector, this.#clock.wallMs());
    this.#link.pump();
  }

  /** Runs it when no transaction does: at once, or behind the end of the last one. */
  whenIdle(run: () => void): void {
    this.#whenIdle = run;
    this.#runWhenIdle();
  }

  /** Ends the transaction at a connector, if there is one. */
  endTransaction(connector: SimulatedConnector, reason: StopReason): void {
    if (!this.#transactions.end(connector, reason)) return;
    this.profiles.endTransaction(connector.number);
    this.#link.pump();
    this.reportStatuses();
    this.#runWhenIdle();
  }

  /** Sends the status of every connector that changed since it was last sent. */
  reportStatuses(): void {
    if (!this.#link.isReady) return;
    for (const connector of this.connectors) {
      if (this.#words.statusOf(connector) !== connector.reportedStatus) this.reportStatus(connector.number);
    }
  }

  /** StatusNotification of one connector; 0 is the charger as a whole. */
  reportStatus(number: number): void {
    const connector = number === 0 ? null : this.connector(number);
    const status = connector ? this.#words.statusOf(connector) : 'Available';
    if (connector) connector.reportedStatus = status;
    const payload = this.#words.status(number, status, this.#clock.wallMs());
    if (payload) void this.#link.request('StatusNotification', payload);
  }

  /** A sample of the running transaction, kept like all its messages; false when none runs. */
  sampleTransaction(connector: SimulatedConnector, context: ReadingContext): boolean {
    const isSampled = this.#transactions.sample(connector, context);
    this.#link.pump();
    return isSampled;
  }

  /** MeterValues of no transaction, which need not be kept. */
  sendMeterValues(connector: SimulatedConnector, context: ReadingContext): void {
    void this.#link.request('MeterValues', this.#words.meterValues(connector, context, this.#clock.wallMs()));
  }

  /** What a connector may offer at an instant, milliamps per phase: the rated current under every profile that acts. */
  limitMilliamps(connector: SimulatedConnector, wallMs: number): number {
    const rated = this.options.ratedMilliamps ?? RATED_MILLIAMPS;
    if (this.options.quirks?.ignoreProfiles) return rated;
    const active = this.connectors.filter((other) => other.transaction).length;
    const limit = this.profiles.limitMilliamps(connector.number, wallMs, connector.transaction, active);
    return limit === null ? rated : Math.min(rated, limit);
  }

  #step(): void {
    const monotonicMs = this.#clock.monotonicMs();
    for (const connector of this.connectors) {
      connector.step(monotonicMs, this.limitMilliamps(connector, this.#clock.wallMs()));
      connector.expireGrant(monotonicMs);
      if (connector.vehicle && connector.permission === 'wanted') void this.#authorise(connector);
      this.#transactions.noteState(connector);
      if (this.#transactions.isSampleDue(connector)) this.sampleTransaction(connector, 'Sample.Periodic');
    }
    this.#registration.heartbeatIfDue();
    this.reportStatuses();
    this.#link.pump();
  }

  async #authorise(connector: SimulatedConnector): Promise<void> {
    const { idTag, vehicle } = connector;
    if (!idTag || !connector.isOperative) return;
    const mayStartAlone = this.options.localAuthorizeOffline ?? true;
    if (!this.#link.isReady) {
      if (mayStartAlone) this.beginTransaction(connector, idTag);
      return;
    }
    connector.permission = 'asking';
    const outcome = await this.#link.request('Authorize', this.#words.authorise(idTag));
    if (connector.vehicle !== vehicle || connector.idTag !== idTag || connector.permission !== 'asking')
      return;
    if (outcome.kind === 'closed') connector.permission = 'wanted';
    else if (outcome.kind !== 'result') this.#askAgainLater(connector);
    else if (this.#words.cardStatus(outcome.payload) === 'Accepted') this.beginTransaction(connector, idTag);
    else connector.permission = 'refused';
  }

  /** Nobody could say: the driver shows the card again after a while. */
  #askAgainLater(connector: SimulatedConnector): void {
    this.#clock.setTimer(CARD_AGAIN_MS, () => {
      if (connector.permission === 'asking') connector.permission = 'wanted';
    });
  }

  #called(action: string, payload: Payload): CommandAnswer {
    const handle = this.#commands.get(action);
    if (handle) return handle(payload);
    return { error: { code: 'NotImplemented', description: `${action} is not known to this charger` } };
  }

  #runWhenIdle(): void {
    if (!this.#whenIdle || this.connectors.some(({ transaction }) => transaction)) return;
    const run = this.#whenIdle;
    this.#whenIdle = null;
    run();
  }

  #registered(hasBooted: boolean): void {
    if (hasBooted) {
      for (const connector of this.connectors) connector.reportedStatus = null;
      this.reportStatus(0);
    }
    this.reportStatuses();
  }

  #settled(message: TransactionMessage, answer: Payload): void {
    const isForbidden = this.#transactions.settle(message, answer);
    const connector = this.connector(message.transaction.connector);
    if (isForbidden && connector.transaction === message.transaction)
      this.endTransaction(connector, 'DeAuthorized');
  }
}
