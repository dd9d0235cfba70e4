import { type SafeMeasure, safeStateOf } from '../actors/manifest.ts';
import type { InstallFailSafe, LimitsEffect, NorthHangUp, SetLimit, SouthClose } from '../actors/ports.ts';
import { leaseMsOf, type SitePlan } from '../actors/site-tree.ts';
import type { LimitRow } from '../actors/tells.ts';
import type { Dialer } from '../adapters/ocpp-north/dialer.ts';
import { failSafeCuts, failSafeMilliamps, type SentLimit } from '../machines/site-budget/fail-safe-cuts.ts';
import { type Address, idOf } from '../runtime/address.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ActorHost } from '../runtime/host/actor-host.ts';

export interface SafeStatesOptions {
  clock: Clock;
  /** Asked for late, as the host is made with what this carries out. */
  host: () => Pick<ActorHost, 'carryOut' | 'isQuarantined' | 'record' | 'rows'>;
  plan: () => SitePlan;
  ports: {
    south(effect: SouthClose): void;
    north(effect: NorthHangUp): void;
    limits(effect: LimitsEffect): void;
  };
}

const BUDGET: Address = 'budget/site';
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;
const SET_ASIDE = 'set aside after failures';

/** The supervisor's hands: carries out what actors/manifest.ts says of an actor that is set aside, and keeps it up. */
export class SafeStates {
  readonly #o: SafeStatesOptions;
  #cuts = 0;

  constructor(options: SafeStatesOptions) {
    this.#o = options;
  }

  /** Each measure is journalled with its reason before it is taken, or after 300 ms when the store hangs. */
  carryOut(address: Address): void {
    for (const measure of safeStateOf(address).measures) this.#measures[measure](address);
  }

  /** The dialer of the north gateway: dials nobody for a charger whose link is kept down. */
  dialer(dialer: Dialer): Dialer {
    return {
      dial: (backend, identity, done) => {
        if (!this.#isHeld(`charger/${identity}`, 'keepLinkDown')) return dialer.dial(backend, identity, done);
        const detail = 'its charger is set aside by supervision';
        const handle = this.#o.clock.setTimer(0, () => done({ kind: 'failed', cause: 'upgrade', detail }));
        return { abort: () => this.#o.clock.clearTimer(handle) };
      },
    };
  }

  /**
   * What may leave of an effect that the budget decided before it was set aside: cuts, and these down to the fail-safe;
   * null: nothing, so that what it decided to raise is never sent, and what it renewed runs out.
   */
  limit(effect: LimitsEffect, isCut: boolean): LimitsEffect | null {
    if (!this.#isHeld(BUDGET, 'holdAtFailSafe')) return effect;
    const mayLeave = isCut || (effect.type === 'set' && effect.limitMilliamps === 0);
    const allowed = !mayLeave ? null : effect.type === 'set' ? this.#capped(effect) : effect;
    if (allowed?.limitMilliamps !== effect.limitMilliamps) this.#journalHeld(effect, allowed);
    return allowed;
  }

  /** The most that a connector of this charger is told while the budget is set aside; null while it is not. */
  heldAtMilliamps(charger: string): number | null {
    if (!this.#isHeld(BUDGET, 'holdAtFailSafe')) return null;
    return this.#failSafe(charger);
  }

  readonly #measures: Readonly<Record<SafeMeasure, (address: Address) => void>> = {
    closeChargerSocket: (address) => {
      const charger = idOf(address);
      this.#take('closeChargerSocket', address, () =>
        this.#o.ports.south({ type: 'close', charger, code: TRY_AGAIN_LATER, reason: SET_ASIDE }),
      );
    },
    keepLinkDown: (address) => this.#hangUp('keepLinkDown', address),
    hangUp: (address) => this.#hangUp('hangUp', address),
    holdAtFailSafe: () => {
      for (const place of this.#o.plan().chargers) this.#cut(place.charger, place.fallbackMilliamps);
    },
  };

  #hangUp(measure: SafeMeasure, address: Address): void {
    const charger = idOf(address);
    this.#take(measure, address, () =>
      this.#o.ports.north({ type: 'hangUp', charger, code: GOING_AWAY, reason: SET_ASIDE }),
    );
  }

  #take(measure: SafeMeasure, address: Address, deed: () => void): void {
    const reason = { code: 'supervision.setAside', params: { address, measure } };
    this.#o.host().carryOut({ type: 'safeState.measureTaken', reason, charger: idOf(address) }, deed);
  }

  #cut(charger: string, fallbackMilliamps: number): void {
    for (const cut of failSafeCuts(fallbackMilliamps, this.#sent(charger))) {
      const { connector, transactionId, fromMilliamps, toMilliamps } = cut;
      this.#cuts += 1;
      const effect: SetLimit = {
        type: 'set',
        charger,
        connector,
        transactionId,
        limitMilliamps: toMilliamps,
        fallbackMilliamps: toMilliamps,
        leaseMs: leaseMsOf(this.#o.plan()),
        // The budget knows no such order: its books keep the higher limit, which is never too little.
        correlation: `safe-${this.#cuts}`,
      };
      const reason = {
        code: 'supervision.setAside',
        params: { address: BUDGET, fromMilliamps, toMilliamps },
      };
      const data = { limitMilliamps: toMilliamps };
      this.#o
        .host()
        .carryOut({ type: 'safeState.limitCut', reason, charger, connector, data }, () =>
          this.#o.ports.limits(effect),
        );
    }
  }

  #capped(effect: SetLimit): SetLimit {
    const most = this.#failSafe(effect.charger);
    return {
      ...effect,
      limitMilliamps: Math.min(effect.limitMilliamps, most),
      fallbackMilliamps: Math.min(effect.fallbackMilliamps, most),
    };
  }

  #journalHeld(effect: SetLimit | InstallFailSafe, allowed: LimitsEffect | null): void {
    const params = {
      address: BUDGET,
      fromMilliamps: effect.limitMilliamps,
      toMilliamps: allowed?.limitMilliamps ?? null,
    };
    this.#o.host().record({
      type: 'safeState.limitHeld',
      reason: { code: 'supervision.setAside', params },
      charger: effect.charger,
      connector: effect.type === 'set' ? effect.connector : 0,
    });
  }

  /** A charger that the plan does not name has no place under the connection: nothing is given to it. */
  #failSafe(charger: string): number {
    const place = this.#o.plan().chargers.find((one) => one.charger === charger);
    return failSafeMilliamps(place?.fallbackMilliamps ?? 0, this.#sent(charger));
  }

  #sent(charger: string): SentLimit[] {
    return this.#o
      .host()
      .rows(`limits/${charger}`)
      .map(({ key, value }) => ({ connector: Number(key), ...(value as unknown as LimitRow) }));
  }

  #isHeld(address: Address, measure: SafeMeasure): boolean {
    return safeStateOf(address).measures.includes(measure) && this.#o.host().isQuarantined(address);
  }
}
