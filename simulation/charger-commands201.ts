import type { SimulatedCharger } from './charger.ts';
import { acceptedWith, answered, type ChargerDeeds, commandsAlike, status } from './charger-deeds.ts';
import type { CommandAnswer } from './charger-link.ts';
import { settingsOf } from './charger-settings.ts';
import { getVariables, setVariables } from './charger-variables.ts';
import type { CommandHandler } from './charger-words.ts';
import type { ProfilePurpose } from './charging-profile.ts';
import { integerOf, isoTime, isPayload, type Payload, textOf } from './ocpp-j.ts';

/** The commands of OCPP 2.0.1, as far as this charger knows them. */
export function commands201(
  charger: SimulatedCharger,
  deeds: ChargerDeeds,
): ReadonlyMap<string, CommandHandler> {
  const settings = settingsOf(charger);
  return new Map<string, CommandHandler>([
    ...commandsAlike(deeds),
    ['RequestStartTransaction', (payload) => requestStart(deeds, payload)],
    ['RequestStopTransaction', ({ transactionId }) => answered(deeds.remoteStop(textOf(transactionId)))],
    ['SetChargingProfile', (payload) => setProfile(deeds, payload)],
    ['ClearChargingProfile', (payload) => answered(deeds.clearProfile(filterOf(payload)))],
    ['GetCompositeSchedule', (payload) => compositeSchedule(deeds, payload)],
    ['Reset', (payload) => reset(deeds, payload)],
    ['UnlockConnector', ({ evseId }) => unlock(charger, integerOf(evseId))],
    [
      'ChangeAvailability',
      ({ evse, operationalStatus }) =>
        answered(deeds.changeAvailability(evseIdOf(evse) ?? 0, operationalStatus === 'Operative')),
    ],
    ['GetVariables', (payload) => getVariables(settings, payload)],
    ['SetVariables', (payload) => setVariables(settings, payload)],
    ['TriggerMessage', (payload) => trigger(charger, payload)],
    [
      'SendLocalList',
      ({ versionNumber, updateType }) =>
        answered(deeds.takeLocalList(integerOf(versionNumber), updateType === 'Differential')),
    ],
    ['GetLocalListVersion', () => ({ payload: { versionNumber: deeds.localListVersion } })],
    [
      'ReserveNow',
      ({ evseId, id, idToken }) =>
        answered(deeds.reserve(integerOf(evseId), integerOf(id), tokenOf(idToken))),
    ],
  ]);
}

function tokenOf(idToken: unknown): string | null {
  return isPayload(idToken) ? textOf(idToken.idToken) : null;
}

function evseIdOf(evse: unknown): number | null {
  return isPayload(evse) ? integerOf(evse.id) : null;
}

function requestStart(deeds: ChargerDeeds, payload: Payload): CommandAnswer {
  const { evseId, idToken, remoteStartId, chargingProfile } = payload;
  const profile = chargingProfile === undefined ? undefined : profileIn16(chargingProfile);
  // Without its limit the car is not started.
  if (profile === null) return status('Rejected');
  return answered(
    deeds.remoteStart({
      idTag: tokenOf(idToken),
      connector: integerOf(evseId),
      profile,
      remoteStartId: integerOf(remoteStartId),
    }),
  );
}

/** A TxProfile must name its transaction here, and no other one may. */
function setProfile(deeds: ChargerDeeds, { evseId, chargingProfile }: Payload): CommandAnswer {
  const profile = profileIn16(chargingProfile);
  const isForTransaction = profile?.chargingProfilePurpose === 'TxProfile';
  if (!profile || isForTransaction !== (profile.transactionId !== undefined)) return status('Rejected');
  return answered(deeds.setProfile(integerOf(evseId) ?? -1, profile));
}

/** As `parseChargingProfile` reads it; null when it has not exactly one schedule. */
function profileIn16(profile: unknown): Payload | null {
  if (!isPayload(profile)) return null;
  const { id, chargingSchedule: schedules, chargingProfilePurpose, ...same } = profile;
  const [chargingSchedule, ...further] = Array.isArray(schedules) ? (schedules as unknown[]) : [];
  if (chargingSchedule === undefined || further.length > 0) return null;
  return {
    ...same,
    chargingProfileId: id,
    chargingProfilePurpose: purposeIn16(chargingProfilePurpose),
    chargingSchedule,
  };
}

function purposeIn16(purpose: unknown): unknown {
  return purpose === 'ChargingStationMaxProfile' ? 'ChargePointMaxProfile' : purpose;
}

function filterOf({ chargingProfileId, chargingProfileCriteria }: Payload) {
  const criteria = isPayload(chargingProfileCriteria) ? chargingProfileCriteria : {};
  return {
    id: integerOf(chargingProfileId),
    connector: integerOf(criteria.evseId),
    purpose: textOf(purposeIn16(criteria.chargingProfilePurpose)) as ProfilePurpose | null,
    stackLevel: integerOf(criteria.stackLevel),
  };
}

/** In amperes, whatever unit was asked for: a charger may choose. */
function compositeSchedule(deeds: ChargerDeeds, { evseId, duration }: Payload): CommandAnswer {
  const found = deeds.compositeSchedule(integerOf(evseId), integerOf(duration));
  if (!found) return status('Rejected');
  const { startMs, seconds, periods } = found;
  const schedule = {
    evseId,
    duration: seconds,
    scheduleStart: isoTime(startMs),
    chargingRateUnit: 'A',
    chargingSchedulePeriod: periods,
  };
  return { payload: { status: 'Accepted', schedule } };
}

/** The charger as a whole: it cannot reset one EVSE alone. */
function reset(deeds: ChargerDeeds, { type, evseId }: Payload): CommandAnswer {
  if (evseId !== undefined) return status('Rejected');
  return answered(type === 'Immediate' ? deeds.reset('HardReset') : deeds.resetWhenIdle());
}

/** Ends no transaction (F05). There is no lock in the simulation: it opens. */
function unlock(charger: SimulatedCharger, number: number | null): CommandAnswer {
  const connector = charger.connectors[(number ?? 0) - 1];
  if (!connector) return status('UnknownConnector');
  return status(connector.transaction ? 'OngoingAuthorizedTransaction' : 'Unlocked');
}

function trigger(charger: SimulatedCharger, { evse, requestedMessage }: Payload): CommandAnswer {
  const number = evseIdOf(evse);
  const connectors = charger.connectors.filter((one) => number === null || one.number === number);
  if (connectors.length === 0) return status('Rejected');
  switch (requestedMessage) {
    case 'BootNotification':
      return acceptedWith(() => void charger.boot('Triggered'));
    case 'Heartbeat':
      return acceptedWith(() => void charger.notify('Heartbeat', {}));
    case 'StatusNotification':
      // A status is that of a certain connector (F06.FR.12).
      if (!isPayload(evse) || evse.connectorId !== 1) return status('Rejected');
      return acceptedWith(() => {
        for (const connector of connectors) charger.reportStatus(connector.number);
      });
    case 'MeterValues':
      return acceptedWith(() => {
        for (const connector of connectors) charger.sendMeterValues(connector, 'Trigger');
      });
    case 'TransactionEvent':
      return acceptedWith(() => {
        for (const connector of connectors) charger.sampleTransaction(connector, 'Trigger');
      });
    default:
      return status('NotImplemented');
  }
}
