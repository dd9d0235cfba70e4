import type { Clock, TimerHandle } from '../runtime/clock.ts';
import { ChargerCommands } from './charger-commands.ts';
import { type CallOutcome, ChargerLink } from './charger-link.ts';
import { RATED_MILLIAMPS, type SimulatedChargerOptions, STEP_MS } from './charger-options.ts';
import { ChargerTransactions, type StopReason } from './charger-transactions.ts';
import type { ReadingContext } from './meter-values.ts';
import { idTagStatus, integerOf, isoTime, type Payload, textOf } from './ocpp-j.ts';
import { Prng } from './prng.ts';
import { ProfileStore } from './profile-store.ts';
import { repeatEvery } from './repeat.ts';
import { SimulatedConnector } from './simulated-connector.ts';
import { addPhases, NO_CURRENT, type PhaseMilliamps } from './three-phase.ts';
import type { AnsweredMessage, TransactionMessage } from './transaction-message.ts';
import type { SimulatedVehicle } from './vehicle.ts';

const BOOT_RETRY_DEFAULT_S = 10;
const CARD_AGAIN_MS = 5_000;
const METER_START_SPREAD_WH = 900_000;

/**
 * A decent OCPP 1.6J charger over a real WebSocket, with cars to plug in. What happens while nobody listens is
 * kept with its time and delivered in order; limits inside it hold with or without a link.
 */
export class SimulatedCharger {
  readonly identity: string;
  readonly options: SimulatedChargerOptions;
  readonly connectors: readonly SimulatedConnector[];
  readonly profiles: ProfileStore;
  readonly #clock: Clock;
  readonly #transactions: ChargerTransactions;
  readonly #link: ChargerLink;
  readonly #commands: ChargerCommands;
  #stopStepping: (() => void) | null = null;
  #bootWanted = true;
  #bootRetry: TimerHandle | null = null;
  #linkRestore: TimerHandle | null = null;
  #heartbeatIntervalMs: number;
  #heartbeatDueMs = 0;

  constructor(options: SimulatedChargerOptions) {
    const random = new Prng(options.seed).split(options.identity);
    const meters = random.split('meters');
    this.options = options;
    this.identity = options.identity;
    this.#clock = options.clock;
    this.#heartbeatIntervalMs = options.heartbeatIntervalMs ?? 60_000;
    this.#transactions = new ChargerTransactions(options);
    this.connectors = Array.from(
      { length: options.connectors },
      (_, index) =>
        new SimulatedConnector(index + 1, options.phases, meters.integer(0, METER_START_SPREAD_WH)),
    );
    this.profiles = new ProfileStore(options.connectors);
    this.#commands = new ChargerCommands(this);
    this.#link = new ChargerLink(options, random.split('link'), this.#transactions.queue, {
      opened: () => this.#opened(),
      closed: () => this.#closed(),
      called: (action, payload) => this.#commands.answer(action, payload),
      settled: (message, answer) => this.#settled(message, answer),
    });
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
    if (this.#bootRetry) this.#clock.clearTimer(this.#bootRetry);
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
    else if (connector.permission === 'none') connector.permission = 'wanted';
    this.#step();
  }

  /** The driver ends the session at the charger; the car stays. */
  stopCharging(number: number): void {
    this.endTransaction(this.connector(number), 'Local');
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
    this.#link.cut();
    for (const connector of this.connectors) this.endTransaction(connector, reason);
    this.#stopStepping?.();
    this.#stopStepping = null;
    if (this.#bootRetry) this.#clock.clearTimer(this.#bootRetry);
    if (this.#linkRestore) this.#clock.clearTimer(this.#linkRestore);
    this.#bootWanted = true;
    this.#linkRestore = this.#clock.setTimer(downMs, () => this.start());
  }

  /** Sends what is not kept; used by triggered messages and notices. */
  notify(action: string, payload: Payload): Promise<CallOutcome> {
    return this.#link.request(action, payload);
  }

  /** Sends BootNotification and follows its answer. */
  async boot(): Promise<void> {
    const outcome = await this.#link.request('BootNotification', {
      chargePointVendor: 'Holdfast',
      chargePointModel: 'Simulated',
      chargePointSerialNumber: this.identity,
      firmwareVersion: '1.0',
    });
    if (outcome.kind === 'closed') return;
    const answer: Payload = outcome.kind === 'result' ? outcome.payload : {};
    const intervalSeconds = integerOf(answer.interval) ?? BOOT_RETRY_DEFAULT_S;
    if (textOf(answer.status) !== 'Accepted') {
      this.#bootRetry = this.#clock.setTimer(Math.max(1, intervalSeconds) * 1_000, () => void this.boot());
      return;
    }
    if (this.options.heartbeatIntervalMs === undefined && intervalSeconds > 0)
      this.setHeartbeatInterval(intervalSeconds * 1_000);
    if (!this.#bootWanted) return;
    this.#bootWanted = false;
    for (const connector of this.connectors) connector.reportedStatus = null;
    this.#link.setBooted(true);
    this.reportStatus(0);
    this.#ready();
  }

  get heartbeatIntervalMs(): number {
    return this.#heartbeatIntervalMs;
  }

  get meterIntervalMs(): number {
    return this.#transactions.meterIntervalMs;
  }

  /** Counts from the next transaction or sample on. */
  setMeterInterval(intervalMs: number): void {
    this.#transactions.meterIntervalMs = intervalMs;
  }

  setHeartbeatInterval(intervalMs: number): void {
    this.#heartbeatIntervalMs = intervalMs;
    this.#heartbeatDueMs = this.#clock.monotonicMs() + intervalMs;
  }

  /** Begins a transaction now, whoever allowed it. */
  beginTransaction(connector: SimulatedConnector, idTag: string): void {
    this.#transactions.begin(connector, idTag);
    this.#commands.transactionBegan(connector);
    connector.offeredMilliamps = this.limitMilliamps(connector, this.#clock.wallMs());
    this.#link.pump();
  }

  /** Ends the transaction at a connector, if there is one. */
  endTransaction(connector: SimulatedConnector, reason: StopReason): void {
    if (!this.#transactions.end(connector, reason)) return;
    this.profiles.endTransaction(connector.number);
    this.#link.pump();
    this.reportStatuses();
  }

  /** Sends the status of every connector that changed since it was last sent. */
  reportStatuses(): void {
    if (!this.#link.isReady) return;
    for (const connector of this.connectors) {
      if (connector.status !== connector.reportedStatus) this.reportStatus(connector.number);
    }
  }

  /** StatusNotification of one connector; 0 is the charger as a whole. */
  reportStatus(number: number): void {
    const connector = number === 0 ? null : this.connector(number);
    const status = connector?.status ?? 'Available';
    if (connector) connector.reportedStatus = connector.status;
    void this.#link.request('StatusNotification', {
      connectorId: number,
      errorCode: 'NoError',
      status,
      timestamp: isoTime(this.#clock.wallMs()),
    });
  }

  /** MeterValues of one connector: kept like any transaction message while a transaction runs. */
  sendMeterValues(connector: SimulatedConnector, context: ReadingContext): void {
    const unkept = this.#transactions.sample(connector, context);
    if (unkept) void this.#link.request('MeterValues', unkept);
    else this.#link.pump();
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
      if (this.#transactions.isSampleDue(connector)) this.sendMeterValues(connector, 'Sample.Periodic');
    }
    if (this.#link.isReady && monotonicMs >= this.#heartbeatDueMs) {
      this.#heartbeatDueMs = monotonicMs + this.#heartbeatIntervalMs;
      void this.#link.request('Heartbeat', {});
    }
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
    const outcome = await this.#link.request('Authorize', { idTag });
    if (connector.vehicle !== vehicle || connector.idTag !== idTag || connector.permission !== 'asking')
      return;
    if (outcome.kind === 'closed') connector.permission = 'wanted';
    else if (outcome.kind !== 'result') this.#askAgainLater(connector);
    else if (idTagStatus(outcome.payload) === 'Accepted') this.beginTransaction(connector, idTag);
    else connector.permission = 'refused';
  }

  /** Nobody could say: the driver shows the card again after a while. */
  #askAgainLater(connector: SimulatedConnector): void {
    this.#clock.setTimer(CARD_AGAIN_MS, () => {
      if (connector.permission === 'asking') connector.permission = 'wanted';
    });
  }

  #opened(): void {
    if (this.#bootWanted || this.options.quirks?.bootOnReconnect) {
      this.#bootWanted = true;
      void this.boot();
      return;
    }
    this.#link.setBooted(true);
    this.#ready();
  }

  #ready(): void {
    this.#heartbeatDueMs = this.#clock.monotonicMs() + this.#heartbeatIntervalMs;
    this.reportStatuses();
  }

  #closed(): void {
    if (this.#bootRetry) this.#clock.clearTimer(this.#bootRetry);
    this.#bootRetry = null;
    this.#link.setBooted(false);
  }

  #settled(message: TransactionMessage, answer: Payload): void {
    const isForbidden = this.#transactions.settle(message, answer);
    const connector = this.connector(message.transaction.connector);
    if (isForbidden && connector.transaction === message.transaction)
      this.endTransaction(connector, 'DeAuthorized');
  }
}
