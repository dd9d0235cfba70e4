import type { SimulatedCharger } from './charger.ts';
import { acceptedWith, answered, type ChargerDeeds, commandsAlike, status } from './charger-deeds.ts';
import type { CommandAnswer } from './charger-link.ts';
import { type Setting, settingsOf } from './charger-settings.ts';
import type { CommandHandler } from './charger-words.ts';
import type { ProfilePurpose } from './charging-profile.ts';
import { integerOf, isoTime, type Payload, textOf } from './ocpp-j.ts';

/** The commands of OCPP 1.6. */
export function commands16(
  charger: SimulatedCharger,
  deeds: ChargerDeeds,
): ReadonlyMap<string, CommandHandler> {
  const settings = settingsOf(charger);
  return new Map<string, CommandHandler>([
    ...commandsAlike(deeds),
    ['RemoteStartTransaction', (payload) => answered(deeds.remoteStart(remoteStartOf(payload)))],
    ['RemoteStopTransaction', ({ transactionId }) => answered(deeds.remoteStop(integerOf(transactionId)))],
    [
      'SetChargingProfile',
      ({ connectorId, csChargingProfiles }) =>
        answered(deeds.setProfile(integerOf(connectorId) ?? -1, csChargingProfiles)),
    ],
    ['ClearChargingProfile', (payload) => answered(deeds.clearProfile(filterOf(payload)))],
    ['GetCompositeSchedule', (payload) => compositeSchedule(deeds, payload)],
    ['Reset', ({ type }) => answered(deeds.reset(type === 'Hard' ? 'HardReset' : 'SoftReset'))],
    ['UnlockConnector', ({ connectorId }) => unlock(charger, integerOf(connectorId))],
    [
      'ChangeAvailability',
      ({ connectorId, type }) =>
        answered(deeds.changeAvailability(integerOf(connectorId) ?? -1, type === 'Operative')),
    ],
    ['ChangeConfiguration', (payload) => changeConfiguration(settings, payload)],
    ['GetConfiguration', (payload) => getConfiguration(settings, payload)],
    ['TriggerMessage', (payload) => trigger(charger, payload)],
    [
      'SendLocalList',
      ({ listVersion, updateType }) =>
        answered(deeds.takeLocalList(integerOf(listVersion), updateType === 'Differential')),
    ],
    ['GetLocalListVersion', () => ({ payload: { listVersion: deeds.localListVersion } })],
    [
      'ReserveNow',
      ({ connectorId, reservationId, idTag }) =>
        answered(deeds.reserve(integerOf(connectorId), integerOf(reservationId), textOf(idTag))),
    ],
    ['UpdateFirmware', () => refuseDownload(charger)],
    // No file name: there are no diagnostics to upload (OCPP 1.6, 6.22).
    ['GetDiagnostics', () => ({ payload: {} })],
  ]);
}

function remoteStartOf({ idTag, connectorId, chargingProfile }: Payload) {
  const connector = integerOf(connectorId);
  return { idTag: textOf(idTag), connector, profile: chargingProfile, remoteStartId: null };
}

function filterOf({ id, connectorId, chargingProfilePurpose, stackLevel }: Payload) {
  return {
    id: integerOf(id),
    connector: integerOf(connectorId),
    purpose: textOf(chargingProfilePurpose) as ProfilePurpose | null,
    stackLevel: integerOf(stackLevel),
  };
}

/** In amperes, whatever unit was asked for: a charger may choose. */
function compositeSchedule(deeds: ChargerDeeds, { connectorId, duration }: Payload): CommandAnswer {
  const schedule = deeds.compositeSchedule(integerOf(connectorId), integerOf(duration));
  if (!schedule) return status('Rejected');
  const { startMs, seconds, periods } = schedule;
  return {
    payload: {
      status: 'Accepted',
      connectorId,
      scheduleStart: isoTime(startMs),
      chargingSchedule: { duration: seconds, chargingRateUnit: 'A', chargingSchedulePeriod: periods },
    },
  };
}

/** Ends the transaction there. */
function unlock(charger: SimulatedCharger, number: number | null): CommandAnswer {
  const connector = charger.connectors[(number ?? 0) - 1];
  if (!connector) return status('UnlockFailed');
  return { ...status('Unlocked'), afterwards: () => charger.endTransaction(connector, 'UnlockCommand') };
}

function changeConfiguration(settings: ReadonlyMap<string, Setting>, { key, value }: Payload): CommandAnswer {
  const setting = settings.get(textOf(key) ?? '');
  if (!setting) return status('NotSupported');
  const isWritten = !setting.isReadonly && setting.write(textOf(value) ?? '');
  return status(isWritten ? 'Accepted' : 'Rejected');
}

function getConfiguration(settings: ReadonlyMap<string, Setting>, { key }: Payload): CommandAnswer {
  const asked = Array.isArray(key) ? (key as unknown[]).filter((one) => typeof one === 'string') : [];
  const keys = asked.length > 0 ? asked : [...settings.keys()];
  const configurationKey = keys.flatMap((one) => {
    const setting = settings.get(one);
    return setting ? [{ key: one, readonly: setting.isReadonly, value: setting.read() }] : [];
  });
  return { payload: { configurationKey, unknownKey: keys.filter((one) => !settings.has(one)) } };
}

function trigger(charger: SimulatedCharger, { connectorId, requestedMessage }: Payload): CommandAnswer {
  const number = integerOf(connectorId);
  const connectors = charger.connectors.filter((one) => number === null || one.number === number);
  if (connectors.length === 0 && number !== 0) return status('Rejected');
  switch (requestedMessage) {
    case 'BootNotification':
      return acceptedWith(() => void charger.boot('Triggered'));
    case 'Heartbeat':
      return acceptedWith(() => void charger.notify('Heartbeat', {}));
    case 'StatusNotification':
      return acceptedWith(() => {
        if (number === 0) charger.reportStatus(0);
        for (const connector of connectors) charger.reportStatus(connector.number);
      });
    case 'MeterValues':
      return acceptedWith(() => {
        for (const connector of connectors) {
          if (!charger.sampleTransaction(connector, 'Trigger')) charger.sendMeterValues(connector, 'Trigger');
        }
      });
    default:
      return status('NotImplemented');
  }
}

/** The simulation has no files: the download is tried and fails. */
function refuseDownload(charger: SimulatedCharger): CommandAnswer {
  const notify = async (): Promise<void> => {
    await charger.notify('FirmwareStatusNotification', { status: 'Downloading' });
    await charger.notify('FirmwareStatusNotification', { status: 'DownloadFailed' });
  };
  return { payload: {}, afterwards: () => void notify() };
}
