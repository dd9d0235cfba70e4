import type { SimulatedCharger } from './charger.ts';
import type { CommandAnswer } from './charger-link.ts';
import type { CommandHandler } from './charger-words.ts';
import { integerOf } from './ocpp-j.ts';
import type { ProfileFilter } from './profile-store.ts';
import type { SimulatedConnector } from './simulated-connector.ts';

/** What came of a command, in a word that both versions have, and what happens once the answer is out. */
export interface Deed {
  status: string;
  afterwards?: () => void;
}

export interface RemoteStart {
  idTag: string | null;
  /** Null: any that is free. */
  connector: number | null;
  /** The TxProfile that came with it, as `parseChargingProfile` reads it. */
  profile?: unknown;
  remoteStartId: number | null;
}

/** The limits of one connector from now on, in amperes. */
export interface CompositeSchedule {
  startMs: number;
  seconds: number;
  periods: { startPeriod: number; limit: number }[];
}

const COMPOSITE_SECONDS_MAX = 86_400;
const REBOOT_MS = 1_000;
const CONNECTION_TIMEOUT_MS = 60_000;
const REJECTED: Deed = { status: 'Rejected' };

/** What the charger does on the commands of its CPMS, whatever version they came in. */
export class ChargerDeeds {
  localListVersion = 0;
  readonly #charger: SimulatedCharger;
  /** TxProfiles of remote starts that wait for their transaction. */
  readonly #profileOfNextStart = new Map<number, unknown>();

  constructor(charger: SimulatedCharger) {
    this.#charger = charger;
  }

  /** A transaction began: a profile that came with its remote start acts from now on. */
  transactionBegan(connector: SimulatedConnector): void {
    const profile = this.#profileOfNextStart.get(connector.number);
    if (profile === undefined) return;
    this.#profileOfNextStart.delete(connector.number);
    this.#charger.profiles.set(connector.number, profile, connector.transaction);
  }

  remoteStart({ idTag, connector: wanted, profile, remoteStartId }: RemoteStart): Deed {
    const connector = this.#charger.connectors.find(
      (candidate) =>
        (wanted === null || candidate.number === wanted) &&
        (candidate.status === 'Available' ||
          candidate.status === 'Preparing' ||
          isReservedFor(candidate, idTag)),
    );
    if (!idTag || !connector) return REJECTED;
    if (profile !== undefined) this.#profileOfNextStart.set(connector.number, profile);
    const afterwards = (): void => {
      if (connector.transaction) return;
      const untilMs = this.#charger.options.clock.monotonicMs() + CONNECTION_TIMEOUT_MS;
      connector.grant(idTag, remoteStartId, untilMs);
      // With a car there it starts at once; else the tag waits for the next car.
      if (connector.vehicle) this.#charger.beginTransaction(connector, idTag);
      this.#charger.reportStatuses();
    };
    return { status: 'Accepted', afterwards };
  }

  remoteStop(transactionId: number | string | null): Deed {
    const connector = this.#charger.connectors.find(
      ({ transaction }) => transaction !== null && transaction.transactionId === transactionId,
    );
    if (transactionId === null || !connector) return REJECTED;
    return { status: 'Accepted', afterwards: () => this.#charger.endTransaction(connector, 'Remote') };
  }

  /** @param profile as `parseChargingProfile` reads it */
  setProfile(number: number, profile: unknown): Deed {
    const running = this.#charger.connectors[number - 1]?.transaction ?? null;
    if (this.#charger.options.quirks?.ignoreProfiles) return { status: 'Accepted' };
    return { status: this.#charger.profiles.set(number, profile, running) };
  }

  clearProfile(filter: ProfileFilter): Deed {
    return { status: this.#charger.profiles.clear(filter) };
  }

  /** Null when there is no such connector or no time. */
  compositeSchedule(number: number | null, duration: number | null): CompositeSchedule | null {
    const seconds = Math.min(duration ?? 0, COMPOSITE_SECONDS_MAX);
    const connector = number === null ? undefined : this.#charger.connectors[number - 1];
    if (!connector || seconds <= 0) return null;
    const startMs = this.#charger.options.clock.wallMs();
    const periods: CompositeSchedule['periods'] = [];
    for (let second = 0; second < seconds; second += 1) {
      const limit = this.#charger.limitMilliamps(connector, startMs + second * 1_000) / 1_000;
      if (limit !== periods.at(-1)?.limit) periods.push({ startPeriod: second, limit });
    }
    return { startMs, seconds, periods };
  }

  reset(reason: 'SoftReset' | 'HardReset'): Deed {
    return { status: 'Accepted', afterwards: () => this.#charger.powerCycle(REBOOT_MS, reason) };
  }

  /** As soon as no transaction runs. */
  resetWhenIdle(): Deed {
    const isBusy = this.#charger.connectors.some(({ transaction }) => transaction);
    return {
      status: isBusy ? 'Scheduled' : 'Accepted',
      afterwards: () => this.#charger.whenIdle(() => this.#charger.powerCycle(REBOOT_MS, 'SoftReset')),
    };
  }

  changeAvailability(number: number, isOperative: boolean): Deed {
    const connectors =
      number === 0 ? this.#charger.connectors : this.#charger.connectors.slice(number - 1, number);
    if (number < 0 || connectors.length === 0) return REJECTED;
    for (const connector of connectors) {
      if (connector.transaction) connector.operativeLater = isOperative;
      else connector.isOperative = isOperative;
    }
    const isLater = connectors.some((connector) => connector.transaction);
    return {
      status: isLater ? 'Scheduled' : 'Accepted',
      afterwards: () => this.#charger.reportStatuses(),
    };
  }

  takeLocalList(version: number | null, isDifferential: boolean): Deed {
    if (version === null) return { status: 'Failed' };
    if (isDifferential && version <= this.localListVersion) return { status: 'VersionMismatch' };
    this.localListVersion = version;
    return { status: 'Accepted' };
  }

  reserve(number: number | null, id: number | null, idTag: string | null): Deed {
    const connector = this.#charger.connectors[(number ?? 0) - 1];
    if (!connector || id === null || !idTag) return REJECTED;
    if (connector.status === 'Unavailable') return { status: 'Unavailable' };
    if (connector.status !== 'Available' && connector.reservation?.id !== id) return { status: 'Occupied' };
    connector.reservation = { id, idTag };
    return { status: 'Accepted', afterwards: () => this.#charger.reportStatuses() };
  }

  cancelReservation(id: number | null): Deed {
    const connector = this.#charger.connectors.find(
      ({ reservation }) => reservation !== null && reservation.id === id,
    );
    if (!connector) return REJECTED;
    connector.reservation = null;
    return { status: 'Accepted', afterwards: () => this.#charger.reportStatuses() };
  }
}

/** A deed as both versions answer: by its status. */
export function answered({ status: word, ...rest }: Deed): CommandAnswer {
  return { ...status(word), ...rest };
}

export function status(word: string): CommandAnswer {
  return { payload: { status: word } };
}

export function acceptedWith(afterwards: () => void): CommandAnswer {
  return { ...status('Accepted'), afterwards };
}

/** Commands that both versions spell alike. */
export function commandsAlike(deeds: ChargerDeeds): Array<[action: string, handler: CommandHandler]> {
  return [
    ['ClearCache', () => status('Accepted')],
    ['DataTransfer', () => status('UnknownVendorId')],
    ['CancelReservation', ({ reservationId }) => answered(deeds.cancelReservation(integerOf(reservationId)))],
  ];
}

function isReservedFor(connector: SimulatedConnector, idTag: string | null): boolean {
  return connector.status === 'Reserved' && connector.reservation?.idTag === idTag;
}
