import type { SimulatedCharger } from './charger.ts';
import { ChargerConfiguration } from './charger-configuration.ts';
import type { CommandAnswer } from './charger-link.ts';
import type { ProfilePurpose } from './charging-profile.ts';
import { integerOf, isoTime, type Payload, textOf } from './ocpp-j.ts';
import type { SimulatedConnector } from './simulated-connector.ts';

type Handler = (payload: Payload) => CommandAnswer;

const COMPOSITE_SECONDS_MAX = 86_400;
const REBOOT_MS = 1_000;
const CONNECTION_TIMEOUT_MS = 60_000;

/** What the charger does with the CALLs of its CPMS. */
export class ChargerCommands {
  readonly #charger: SimulatedCharger;
  readonly #configuration: ChargerConfiguration;
  readonly #handlers: ReadonlyMap<string, Handler>;
  /** TxProfiles of RemoteStartTransaction that wait for their transaction. */
  readonly #profileOfNextStart = new Map<number, unknown>();
  #localListVersion = 0;

  constructor(charger: SimulatedCharger) {
    this.#charger = charger;
    this.#configuration = new ChargerConfiguration(charger);
    this.#handlers = new Map<string, Handler>([
      ['RemoteStartTransaction', (payload) => this.#remoteStart(payload)],
      ['RemoteStopTransaction', (payload) => this.#remoteStop(payload)],
      ['SetChargingProfile', (payload) => this.#setProfile(payload)],
      ['ClearChargingProfile', (payload) => this.#clearProfile(payload)],
      ['GetCompositeSchedule', (payload) => this.#compositeSchedule(payload)],
      ['Reset', (payload) => this.#reset(payload)],
      ['UnlockConnector', (payload) => this.#unlock(payload)],
      ['ChangeAvailability', (payload) => this.#changeAvailability(payload)],
      ['ChangeConfiguration', (payload) => this.#configuration.change(payload)],
      ['GetConfiguration', (payload) => this.#configuration.get(payload)],
      ['TriggerMessage', (payload) => this.#trigger(payload)],
      ['ClearCache', () => status('Accepted')],
      ['SendLocalList', (payload) => this.#sendLocalList(payload)],
      ['GetLocalListVersion', () => ({ payload: { listVersion: this.#localListVersion } })],
      ['DataTransfer', () => status('UnknownVendorId')],
      ['ReserveNow', (payload) => this.#reserve(payload)],
      ['CancelReservation', (payload) => this.#cancelReservation(payload)],
      ['UpdateFirmware', () => this.#refuseDownload()],
      // No file name: there are no diagnostics to upload (OCPP 1.6, 6.22).
      ['GetDiagnostics', () => ({ payload: {} })],
    ]);
  }

  answer(action: string, payload: Payload): CommandAnswer {
    const handler = this.#handlers.get(action);
    if (handler) return handler(payload);
    return { error: { code: 'NotImplemented', description: `${action} is not known to this charger` } };
  }

  /** A transaction began: a profile that came with its remote start acts from now on. */
  transactionBegan(connector: SimulatedConnector): void {
    const profile = this.#profileOfNextStart.get(connector.number);
    if (profile === undefined) return;
    this.#profileOfNextStart.delete(connector.number);
    this.#charger.profiles.set(connector.number, profile, connector.transaction);
  }

  #remoteStart(payload: Payload): CommandAnswer {
    const idTag = textOf(payload.idTag);
    const wanted = integerOf(payload.connectorId);
    const connector = this.#charger.connectors.find(
      (candidate) =>
        (wanted === null || candidate.number === wanted) &&
        (candidate.status === 'Available' ||
          candidate.status === 'Preparing' ||
          isReservedFor(candidate, idTag)),
    );
    if (!idTag || !connector) return status('Rejected');
    if (payload.chargingProfile !== undefined)
      this.#profileOfNextStart.set(connector.number, payload.chargingProfile);
    const afterwards = (): void => {
      if (connector.transaction) return;
      // With a car there it starts at once; else the tag waits for the next car.
      if (connector.vehicle) this.#charger.beginTransaction(connector, idTag);
      else connector.grant(idTag, this.#charger.options.clock.monotonicMs() + CONNECTION_TIMEOUT_MS);
      this.#charger.reportStatuses();
    };
    return { ...status('Accepted'), afterwards };
  }

  #remoteStop(payload: Payload): CommandAnswer {
    const transactionId = integerOf(payload.transactionId);
    const connector = this.#charger.connectors.find(
      ({ transaction }) => transaction !== null && transaction.transactionId === transactionId,
    );
    if (transactionId === null || !connector) return status('Rejected');
    return { ...status('Accepted'), afterwards: () => this.#charger.endTransaction(connector, 'Remote') };
  }

  #setProfile(payload: Payload): CommandAnswer {
    const number = integerOf(payload.connectorId) ?? -1;
    const running = this.#charger.connectors[number - 1]?.transaction ?? null;
    if (this.#charger.options.quirks?.ignoreProfiles) return status('Accepted');
    return status(this.#charger.profiles.set(number, payload.csChargingProfiles, running));
  }

  #clearProfile(payload: Payload): CommandAnswer {
    return status(
      this.#charger.profiles.clear({
        id: integerOf(payload.id),
        connector: integerOf(payload.connectorId),
        purpose: textOf(payload.chargingProfilePurpose) as ProfilePurpose | null,
        stackLevel: integerOf(payload.stackLevel),
      }),
    );
  }

  /** In amperes, whatever unit was asked for: a charger may choose. */
  #compositeSchedule(payload: Payload): CommandAnswer {
    const number = integerOf(payload.connectorId);
    const seconds = Math.min(integerOf(payload.duration) ?? 0, COMPOSITE_SECONDS_MAX);
    const connector = number === null ? undefined : this.#charger.connectors[number - 1];
    if (!connector || seconds <= 0) return status('Rejected');
    const nowMs = this.#charger.options.clock.wallMs();
    const periods: { startPeriod: number; limit: number }[] = [];
    for (let second = 0; second < seconds; second += 1) {
      const limit = this.#charger.limitMilliamps(connector, nowMs + second * 1_000) / 1_000;
      if (limit !== periods.at(-1)?.limit) periods.push({ startPeriod: second, limit });
    }
    return {
      payload: {
        status: 'Accepted',
        connectorId: number,
        scheduleStart: isoTime(nowMs),
        chargingSchedule: { duration: seconds, chargingRateUnit: 'A', chargingSchedulePeriod: periods },
      },
    };
  }

  #reset(payload: Payload): CommandAnswer {
    const reason = payload.type === 'Hard' ? 'HardReset' : 'SoftReset';
    return { ...status('Accepted'), afterwards: () => this.#charger.powerCycle(REBOOT_MS, reason) };
  }

  #unlock(payload: Payload): CommandAnswer {
    const connector = this.#charger.connectors[(integerOf(payload.connectorId) ?? 0) - 1];
    if (!connector) return status('UnlockFailed');
    return {
      ...status('Unlocked'),
      afterwards: () => this.#charger.endTransaction(connector, 'UnlockCommand'),
    };
  }

  #changeAvailability(payload: Payload): CommandAnswer {
    const isOperative = payload.type === 'Operative';
    const number = integerOf(payload.connectorId) ?? -1;
    const connectors =
      number === 0 ? this.#charger.connectors : this.#charger.connectors.slice(number - 1, number);
    if (number < 0 || connectors.length === 0) return status('Rejected');
    for (const connector of connectors) {
      if (connector.transaction) connector.operativeLater = isOperative;
      else connector.isOperative = isOperative;
    }
    const isLater = connectors.some((connector) => connector.transaction);
    return {
      ...status(isLater ? 'Scheduled' : 'Accepted'),
      afterwards: () => this.#charger.reportStatuses(),
    };
  }

  #trigger(payload: Payload): CommandAnswer {
    const number = integerOf(payload.connectorId);
    const connectors = this.#charger.connectors.filter(
      (connector) => number === null || connector.number === number,
    );
    if (connectors.length === 0 && number !== 0) return status('Rejected');
    const send = this.#triggered(textOf(payload.requestedMessage), number, connectors);
    return send ? { ...status('Accepted'), afterwards: send } : status('NotImplemented');
  }

  #triggered(
    message: string | null,
    number: number | null,
    connectors: readonly SimulatedConnector[],
  ): (() => void) | null {
    switch (message) {
      case 'BootNotification':
        return () => void this.#charger.boot();
      case 'Heartbeat':
        return () => void this.#charger.notify('Heartbeat', {});
      case 'StatusNotification':
        return () => {
          if (number === 0) this.#charger.reportStatus(0);
          for (const connector of connectors) this.#charger.reportStatus(connector.number);
        };
      case 'MeterValues':
        return () => {
          for (const connector of connectors) this.#charger.sendMeterValues(connector, 'Trigger');
        };
      default:
        return null;
    }
  }

  #sendLocalList(payload: Payload): CommandAnswer {
    const version = integerOf(payload.listVersion);
    if (version === null) return status('Failed');
    if (payload.updateType === 'Differential' && version <= this.#localListVersion)
      return status('VersionMismatch');
    this.#localListVersion = version;
    return status('Accepted');
  }

  #reserve(payload: Payload): CommandAnswer {
    const connector = this.#charger.connectors[(integerOf(payload.connectorId) ?? 0) - 1];
    const id = integerOf(payload.reservationId);
    const idTag = textOf(payload.idTag);
    if (!connector || id === null || !idTag) return status('Rejected');
    if (connector.status === 'Unavailable') return status('Unavailable');
    if (connector.status !== 'Available' && connector.reservation?.id !== id) return status('Occupied');
    connector.reservation = { id, idTag };
    return { ...status('Accepted'), afterwards: () => this.#charger.reportStatuses() };
  }

  #cancelReservation(payload: Payload): CommandAnswer {
    const id = integerOf(payload.reservationId);
    const connector = this.#charger.connectors.find(
      ({ reservation }) => reservation !== null && reservation.id === id,
    );
    if (!connector) return status('Rejected');
    connector.reservation = null;
    return { ...status('Accepted'), afterwards: () => this.#charger.reportStatuses() };
  }

  /** The simulation has no files: the download is tried and fails. */
  #refuseDownload(): CommandAnswer {
    const notify = async (): Promise<void> => {
      await this.#charger.notify('FirmwareStatusNotification', { status: 'Downloading' });
      await this.#charger.notify('FirmwareStatusNotification', { status: 'DownloadFailed' });
    };
    return { payload: {}, afterwards: () => void notify() };
  }
}

function status(value: string): CommandAnswer {
  return { payload: { status: value } };
}

function isReservedFor(connector: SimulatedConnector, idTag: string | null): boolean {
  return connector.status === 'Reserved' && connector.reservation?.idTag === idTag;
}
