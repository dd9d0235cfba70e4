import { join } from 'node:path';
import type { SiteTiming } from '../../actors/site-tree.ts';
import { type Site, startSite } from '../../app/site.ts';
import type { SiteConfig } from '../../app/site-file/site-config.ts';
import { defaultGovernance, type GovernanceRules } from '../../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { SimulatedCharger } from '../../simulation/charger.ts';
import type { SimulatedChargerOptions } from '../../simulation/charger-options.ts';
import { SimulatedCpms } from '../../simulation/cpms.ts';
import type { SimulatedCpmsOptions } from '../../simulation/cpms-options.ts';
import { type DeliveryReport, observeDelivery } from '../../simulation/observer.ts';
import { Prng } from '../../simulation/prng.ts';
import { SimulatedVehicle } from '../../simulation/vehicle.ts';
import { HopClock } from './hop-clock.ts';

export const LIVE_CHARGERS = ['live-1', 'live-2', 'live-3'];
export const LIVE_LIMIT_MILLIAMPS = 60_000;

export interface LiveSiteOptions {
  folder: string;
  bus?: SiteConfig['bus'];
  env?: Readonly<Record<string, string | undefined>>;
  cpms?: Partial<Omit<SimulatedCpmsOptions, 'clock'>>;
  timing?: Partial<SiteTiming>;
  governance?: GovernanceRules;
  /** Of every charger; without it they stay while the CPMS is away. */
  mirrorCloseAfterMs?: number;
  /** What each charger speaks, in the order of `LIVE_CHARGERS`; by default 1.6. */
  speech?: ReadonlyArray<Pick<SimulatedChargerOptions, 'version' | 'beginsWith'>>;
  /** The one version of the CPMS; by default it speaks to each charger in that charger's own. */
  cpmsVersion?: OcppVersion;
  /** Of the chargers, towards the product. */
  callTimeoutMs?: number;
}

/** An alarm's coming or going, and when, monotonic milliseconds. */
export interface AlarmStep {
  code: string;
  raised: boolean;
  atMs: number;
}

/** The product's own composition in this process, with simulated chargers, cars and a CPMS on real sockets. */
export class LiveSite {
  readonly clock = new SystemClock();
  readonly cpms: SimulatedCpms;
  readonly hops: HopClock;
  readonly alarmSteps: AlarmStep[] = [];
  readonly fatal: string[] = [];
  chargers: SimulatedCharger[] = [];
  site!: Site;
  readonly #options: LiveSiteOptions;
  readonly #random = new Prng(7);
  #churning = false;
  #churns: Array<Promise<void>> = [];

  private constructor(options: LiveSiteOptions) {
    this.#options = options;
    this.cpms = new SimulatedCpms({
      clock: this.clock,
      versionOf: (identity) => options.cpmsVersion ?? this.versionOf(identity),
      ...options.cpms,
    });
    this.hops = new HopClock(this.clock);
  }

  /** Resolves when every charger is online. */
  static async start(options: LiveSiteOptions): Promise<LiveSite> {
    const live = new LiveSite(options);
    await live.cpms.start();
    await live.startProduct();
    live.#startChargers();
    await live.until('all chargers are online', () => live.chargers.every((charger) => charger.isOnline));
    return live;
  }

  async startProduct(): Promise<void> {
    this.site = await startSite(configOf(this.#options, this.cpms.url), {
      log: silentLog,
      env: this.#options.env ?? process.env,
      timing: {
        answerBudgetMs: 2_000,
        backendFallbackAfterMs: 5_000,
        backoffMinMs: 200,
        backoffMaxMs: 1_000,
        ...this.#options.timing,
      },
      onFatal: (why) => this.fatal.push(why),
    });
    const { host } = this.site.core;
    this.hops.watch(host);
    host.alarms.listen(({ code }, raised) =>
      this.alarmSteps.push({ code, raised, atMs: this.clock.monotonicMs() }),
    );
  }

  get delivery(): DeliveryReport {
    const { cpmsVersion } = this.#options;
    const traces = this.chargers.map(({ identity, answered }) => ({
      identity,
      answered,
      isTranslated: cpmsVersion !== undefined && cpmsVersion !== this.versionOf(identity),
    }));
    return observeDelivery(traces, this.cpms.calls, this.cpms.outages);
  }

  /** That the charger speaks. */
  versionOf(identity: string): OcppVersion {
    return this.#options.speech?.[LIVE_CHARGERS.indexOf(identity)]?.version ?? '1.6';
  }

  /** All transaction messages that chargers hold an answer for. */
  get answeredCount(): number {
    return this.chargers.reduce((sum, charger) => sum + charger.answered.length, 0);
  }

  standingAlarms(): string[] {
    return this.site.core.host.alarms.standing().map(({ code }) => code);
  }

  /** A car that never fills up; it reacts ten times as quickly as a real one. */
  plugIn(charger: SimulatedCharger, idTag = `TAG-${charger.identity}`): void {
    const vehicle = new SimulatedVehicle({
      phases: 3,
      maxMilliamps: 32_000,
      energyWantedWh: 1_000_000,
      reactionScale: 0.1,
      random: this.#random.split(`${charger.identity} ${charger.answered.length}`),
    });
    charger.plugIn(1, vehicle, { idTag });
  }

  /** From now on a car comes to each of these chargers, charges for a second or so and leaves, again and again. */
  beginChurn(chargers: readonly SimulatedCharger[] = this.chargers): void {
    this.#churning = true;
    this.#churns = chargers.map((charger, index) => this.#churn(charger, index));
  }

  async endChurn(): Promise<void> {
    this.#churning = false;
    await Promise.all(this.#churns);
  }

  /** Everything that the chargers said is answered and at the CPMS; rejects when that takes longer. */
  untilDelivered(timeoutMs = 15_000): Promise<void> {
    return this.until(
      'everything is delivered',
      () => this.chargers.every((charger) => charger.backlog.waiting === 0) && this.#nothingIsQueued(),
      timeoutMs,
    );
  }

  async until(what: string, isTrue: () => boolean, timeoutMs = 15_000): Promise<void> {
    const untilMs = this.clock.monotonicMs() + timeoutMs;
    while (!isTrue()) {
      if (this.clock.monotonicMs() > untilMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
      await this.sleep(20);
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimer(ms, resolve));
  }

  async stop(): Promise<void> {
    this.#churning = false;
    for (const charger of this.chargers) charger.stop();
    await this.site.stop();
    await this.cpms.stop();
  }

  #startChargers(): void {
    this.chargers = LIVE_CHARGERS.map(
      (identity, index) =>
        new SimulatedCharger({
          ...this.#options.speech?.[index],
          url: `ws://127.0.0.1:${this.site.southPort}`,
          identity,
          clock: this.clock,
          seed: 1,
          connectors: 1,
          phases: 3,
          meterIntervalMs: 400,
          callTimeoutMs: this.#options.callTimeoutMs ?? 10_000,
          reconnectFirstMs: 200,
          reconnectMaxMs: 1_000,
        }),
    );
    for (const charger of this.chargers) charger.start();
  }

  async #churn(charger: SimulatedCharger, index: number): Promise<void> {
    await this.sleep(index * 150);
    while (this.#churning) {
      this.plugIn(charger);
      await this.sleep(1_000 + index * 100);
      charger.unplug(1);
      await this.sleep(300);
    }
  }

  #nothingIsQueued(): boolean {
    const { host } = this.site.core;
    return this.chargers.every(({ identity }) => host.rows(`north/${identity}`).length === 0);
  }
}

function configOf(options: LiveSiteOptions, cpmsUrl: string): SiteConfig {
  const limits = {
    connectors: 1,
    maxMilliamps: 32_000,
    fallbackMilliamps: 6_000,
    graceMs: 10_000,
    mirrorCloseAfterMs: options.mirrorCloseAfterMs ?? null,
  };
  const { folder } = options;
  return {
    file: join(folder, 'site.yaml'),
    site: { id: 'live', timezone: 'Europe/Berlin', language: 'en' },
    dataFolder: join(folder, 'data'),
    electrical: {
      fuseMilliamps: LIVE_LIMIT_MILLIAMPS + 2_000,
      reserveMilliamps: 2_000,
      limitMilliamps: LIVE_LIMIT_MILLIAMPS,
      phases: 3,
      nominalVolts: 230,
    },
    chargers: {
      minMilliamps: 6_000,
      unknown: 'reject',
      defaults: limits,
      known: LIVE_CHARGERS.map((id) => ({
        id,
        securityProfile: 0,
        password: null,
        certificateSha256: null,
        quirks: [],
        ...limits,
      })),
    },
    ocpp: {
      listen: { host: '127.0.0.1', port: 0 },
      tls: null,
      securityProfile: 0,
      versions: ['2.0.1', '1.6'],
    },
    backend: {
      id: 'cpms',
      url: cpmsUrl,
      password: null,
      replay: { perSecond: 100, burst: 200 },
      versions: ['2.0.1', '1.6'],
      governance: options.governance ?? defaultGovernance,
    },
    offlineAuth: { localList: [], cacheMaxAgeMs: 86_400_000, unknownTags: 'accept' },
    api: { listen: { host: '127.0.0.1', port: 0 }, hosts: [] },
    bus: options.bus ?? null,
  };
}
