import { FIRST_VERSION, type OcppVersion } from '../machines/shared/ocpp-version.ts';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import { SimulatedCharger } from './charger.ts';
import { SimulatedCpms } from './cpms.ts';
import {
  DEMO_CHARGERS,
  DEMO_LINK_VICTIM,
  DEMO_SCRIPT,
  type DemoAct,
  planVisits,
  type ScriptStep,
  type Visit,
} from './demo-plan.ts';
import { LoadObserver, type LoadReport } from './load-observer.ts';
import { type DeliveryReport, observeDelivery } from './observer.ts';
import { Prng } from './prng.ts';
import { sleep } from './repeat.ts';
import { addPhases, NO_CURRENT, type PhaseMilliamps } from './three-phase.ts';
import { SimulatedVehicle } from './vehicle.ts';

export interface DemoHooks {
  /** Stops and starts the product's nats-server. */
  stopBus(): Promise<void> | void;
  startBus(): Promise<void> | void;
}

export interface DemoSiteOptions {
  clock: Clock;
  /** 0 (default) takes a free port. */
  cpmsPort?: number;
  durationMs: number;
  seed: number;
  /** Of the site, per phase. */
  limitMilliamps: number;
  hooks: DemoHooks;
}

/** The demo's result, counted from outside the product. */
export interface DemoReport {
  sessions: { started: number; stopped: number; startedInOutage: number; stoppedInOutage: number };
  /** Transaction messages; `lost` is what the CPMS does not hold, for whatever reason. */
  transactions: { accepted: number; delivered: number; lost: number; duplicates: number };
  budget: { violations: number; worstOverMilliamps: number };
}

export interface DemoPhase {
  name: string;
  elapsedMs: number;
  remainingMs: number;
}

const REPAIR_OF: Partial<Record<DemoAct, DemoAct>> = {
  cpmsAway: 'cpmsBack',
  linkDown: 'linkUp',
  busDown: 'busUp',
};

const DRAIN_MAX_MS = 30_000;
const DRAIN_POLL_MS = 500;
/** Time for a wrong second copy to show up after everything has been delivered. */
const QUIET_MS = 1_000;

/** The scripted outside of the demo: a CPMS, six chargers, their cars, and what goes wrong. */
export class DemoSite {
  readonly cpms: SimulatedCpms;
  readonly #options: DemoSiteOptions;
  readonly #clock: Clock;
  readonly #load: LoadObserver;
  readonly #timers: TimerHandle[] = [];
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #chargers: SimulatedCharger[] = [];
  #startedAtMs: number | null = null;
  #phaseName = 'starting';
  #acting: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  /** What is broken now, named by the act that mends it. */
  readonly #repairs = new Set<DemoAct>();

  constructor(options: DemoSiteOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.cpms = new SimulatedCpms({
      clock: options.clock,
      port: options.cpmsPort ?? 0,
      versionOf,
    });
    this.#load = new LoadObserver({
      clock: options.clock,
      limitMilliamps: options.limitMilliamps,
      read: () => this.currents,
    });
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get chargers(): readonly SimulatedCharger[] {
    return this.#chargers;
  }

  /** What all cars draw now, per phase. */
  get currents(): PhaseMilliamps {
    return this.#chargers.reduce<PhaseMilliamps>(
      (sum, charger) => addPhases(sum, charger.currents),
      NO_CURRENT,
    );
  }

  /** Before the product, which dials it. Gives the CPMS's URL without an identity. */
  async startCpms(): Promise<string> {
    await this.cpms.start();
    return this.cpms.url;
  }

  /** After the product: the chargers connect to it and boot. */
  startChargers(southUrl: string): void {
    const { clock, seed, durationMs } = this.#options;
    this.#chargers = DEMO_CHARGERS.map(
      (charger) =>
        new SimulatedCharger({
          ...charger,
          url: southUrl,
          clock,
          seed,
          phases: 3,
          meterIntervalMs: Math.min(10_000, Math.max(1_000, Math.round(durationMs / 30))),
          callTimeoutMs: 10_000,
          reconnectMaxMs: 2_000,
        }),
    );
    for (const charger of this.#chargers) charger.start();
  }

  /** Begins the run: from now on cars come and go, and the script acts. */
  start(): void {
    const { durationMs, seed } = this.#options;
    this.#startedAtMs = this.#clock.monotonicMs();
    this.#load.start();
    const random = new Prng(seed).split('vehicles');
    for (const [index, visit] of planVisits(seed, durationMs).entries()) {
      this.#at(visit.arriveAtMs, () => this.#arrive(visit, random.split(String(index))));
      this.#at(visit.leaveAtMs, () => this.#charger(visit.identity).unplug(visit.connector));
    }
    for (const step of DEMO_SCRIPT) this.#at(step.atFraction * durationMs, () => this.#play(step));
    this.#at(durationMs, () => this.endNow());
  }

  phase(): DemoPhase {
    const { durationMs } = this.#options;
    const elapsedMs = this.#startedAtMs === null ? 0 : this.#clock.monotonicMs() - this.#startedAtMs;
    return { name: this.#phaseName, elapsedMs, remainingMs: Math.max(0, durationMs - elapsedMs) };
  }

  /** Ends the run before its time: the script stops, `finish` goes on. */
  endNow(): void {
    for (const timer of this.#timers.splice(0)) this.#clock.clearTimer(timer);
    this.#end();
  }

  /**
   * Resolves after the end of the run: everything is repaired, all cars leave, and what is still under way may
   * arrive for up to 30 s. Chargers and CPMS are gone then. Rejects when the outside itself failed (a hook, a port).
   */
  async finish(): Promise<DemoReport> {
    await this.#ended;
    await this.#acting;
    this.#phaseName = 'cars leave';
    for (const repair of [...this.#repairs]) await this.#act(repair);
    for (const charger of this.#chargers) {
      for (const connector of charger.connectors) charger.unplug(connector.number);
    }
    this.#phaseName = 'backlog drains';
    await this.#drain();
    this.#phaseName = 'over';
    const report = this.report();
    await this.stop();
    if (this.#failure) throw this.#failure;
    return report;
  }

  /** Ends the outside at once, without a report. */
  async stop(): Promise<void> {
    this.endNow();
    this.#load.stop();
    for (const charger of this.#chargers) charger.stop();
    await this.cpms.stop();
  }

  /** The counts so far. */
  report(): DemoReport {
    const { delivery, load } = this.details();
    const { started, stopped, startedInOutage, stoppedInOutage } = delivery.sessions;
    return {
      sessions: { started, stopped, startedInOutage, stoppedInOutage },
      transactions: {
        accepted: delivery.accepted,
        delivered: delivery.delivered,
        lost: delivery.accepted - delivery.delivered,
        duplicates: delivery.duplicates,
      },
      budget: { violations: load.violations, worstOverMilliamps: load.worstOverMilliamps },
    };
  }

  /** All that the observers know, for tests and for people. */
  details(): { delivery: DeliveryReport; load: LoadReport } {
    const traces = this.#chargers.map(({ identity, answered }) => ({ identity, answered }));
    return {
      delivery: observeDelivery(traces, this.cpms.calls, this.cpms.outages),
      load: this.#load.report,
    };
  }

  #at(delayMs: number, fn: () => void): void {
    this.#timers.push(this.#clock.setTimer(Math.round(delayMs), fn));
  }

  #arrive(visit: Visit, random: Prng): void {
    const { phases, maxMilliamps, energyWantedWh, idTag } = visit;
    const vehicle = new SimulatedVehicle({ phases, maxMilliamps, energyWantedWh, random });
    this.#charger(visit.identity).plugIn(visit.connector, vehicle, { idTag });
  }

  #play(step: ScriptStep): void {
    this.#phaseName = step.phase;
    this.#acting = this.#acting.then(() => this.#act(step.act));
  }

  /** One step at a time; a failure is kept for `finish`, as nobody waits for a step. */
  async #act(act: DemoAct): Promise<void> {
    const repair = REPAIR_OF[act];
    if (repair) this.#repairs.add(repair);
    this.#repairs.delete(act);
    try {
      if (act === 'cpmsAway') await this.cpms.goAway();
      else if (act === 'cpmsBack') await this.cpms.comeBack();
      else if (act === 'linkDown') this.#charger(DEMO_LINK_VICTIM).dropLink();
      else if (act === 'linkUp') this.#charger(DEMO_LINK_VICTIM).restoreLink();
      else if (act === 'busDown') await this.#options.hooks.stopBus();
      else if (act === 'busUp') await this.#options.hooks.startBus();
    } catch (error) {
      this.#failure ??= new Error(`the demo could not do ${act}`, { cause: error });
    }
  }

  async #drain(): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + DRAIN_MAX_MS;
    while (this.#clock.monotonicMs() < untilMs && !this.#isDrained()) await sleep(this.#clock, DRAIN_POLL_MS);
    await sleep(this.#clock, QUIET_MS);
  }

  #isDrained(): boolean {
    if (this.#chargers.some((charger) => charger.backlog.waiting > 0)) return false;
    const { accepted, delivered } = this.details().delivery;
    return accepted === delivered;
  }

  #charger(identity: string): SimulatedCharger {
    const charger = this.#chargers.find((candidate) => candidate.identity === identity);
    if (!charger) throw new RangeError(`the demo has no charger ${identity}`);
    return charger;
  }
}

/** The CPMS speaks to each charger in that charger's own version. */
function versionOf(identity: string): OcppVersion {
  return DEMO_CHARGERS.find((charger) => charger.identity === identity)?.version ?? FIRST_VERSION;
}
