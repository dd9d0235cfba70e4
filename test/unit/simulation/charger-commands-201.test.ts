import { afterEach, describe, expect, it } from 'vitest';
import type { Payload } from '../../../simulation/ocpp-j.ts';
import { violationIn } from '../../helpers/strict-schemas.ts';
import { aCar, aChargerBench, type ChargerBench, until } from './bench.ts';

let bench: ChargerBench;

afterEach(() => bench.stop());

/** The payload of a legal answer to a legal command; a CALLERROR by its code. */
async function command(action: string, payload: Payload): Promise<unknown> {
  expect(violationIn('2.0.1', action, 'Request', payload)).toBeNull();
  const outcome = await bench.cpms.call('CP-1', action, payload);
  if (outcome.kind !== 'result') return outcome.kind === 'error' ? outcome.error.code : outcome.kind;
  expect(violationIn('2.0.1', action, 'Response', outcome.payload)).toBeNull();
  return outcome.payload;
}

async function booted({ charger, cpms }: NonNullable<Parameters<typeof aChargerBench>[0]> = {}) {
  bench = await aChargerBench({ charger: { version: '2.0.1', ...charger }, ...(cpms ? { cpms } : {}) });
  await until('booted', () => bench.charger.isOnline);
}

async function charging(): Promise<void> {
  bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
  await until('charging at full current', () => bench.charger.currents[0] === 16_000);
}

const TOKEN = { idToken: 'REMOTE', type: 'Central' };
const ACCEPTED = { status: 'Accepted' };
const events = (): Payload[] => bench.got('TransactionEvent').map(({ payload }) => payload);
const runningId = (): string => String(bench.charger.connector(1).transaction?.transactionId);

function txProfile(limit: number, more: Payload = {}): Payload {
  return {
    evseId: 1,
    chargingProfile: {
      id: 7,
      stackLevel: 1,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Absolute',
      transactionId: runningId(),
      chargingSchedule: [
        {
          id: 1,
          startSchedule: new Date(bench.clock.wallMs()).toISOString(),
          chargingRateUnit: 'A',
          chargingSchedulePeriod: [
            { startPeriod: 0, limit },
            { startPeriod: 20, limit: 6 },
          ],
        },
      ],
      ...more,
    },
  };
}

describe('commands of OCPP 2.0.1 to a simulated charger', () => {
  it('starts and stops from remote, and says which command started it', async () => {
    await booted();
    const start = { idToken: TOKEN, evseId: 2, remoteStartId: 77 };
    expect(await command('RequestStartTransaction', start)).toEqual(ACCEPTED);
    bench.charger.plugIn(2, aCar(), { idTag: 'CARD' });
    await until('started', () => events().length > 0);
    expect(events()[0]).toMatchObject({
      eventType: 'Started',
      triggerReason: 'RemoteStart',
      idToken: { idToken: 'REMOTE' },
      transactionInfo: { remoteStartId: 77 },
    });
    expect(bench.got('Authorize')).toEqual([]);
    expect(await command('RequestStopTransaction', { transactionId: 'other' })).toEqual({
      status: 'Rejected',
    });
    const transactionId = String(bench.charger.connector(2).transaction?.transactionId);
    expect(await command('RequestStopTransaction', { transactionId })).toEqual(ACCEPTED);
    await until('stopped', () => events().at(-1)!.eventType === 'Ended');
    expect(events().at(-1)).toMatchObject({
      triggerReason: 'RemoteStop',
      transactionInfo: { stoppedReason: 'Remote' },
    });
  });

  it('starts a cable that waits for its card from remote', async () => {
    await booted({ charger: { beginsWith: 'cable' }, cpms: { idTags: new Map([['BAD', 'Blocked']]) } });
    bench.charger.plugIn(1, aCar(), { idTag: 'BAD' });
    await until('card refused', () => bench.charger.connector(1).permission === 'refused');
    await until('plug told', () => events().length === 1);
    expect(await command('RequestStartTransaction', { idToken: TOKEN, remoteStartId: 5 })).toEqual(ACCEPTED);
    await until('started', () => events().length >= 2);
    expect(events().slice(0, 2)).toMatchObject([
      { eventType: 'Started', triggerReason: 'CablePluggedIn', seqNo: 0 },
      { eventType: 'Updated', triggerReason: 'RemoteStart', seqNo: 1, idToken: { idToken: 'REMOTE' } },
    ]);
  });

  it('limits the car by a profile, and falls back by itself when the lease runs out offline', async () => {
    await booted();
    await charging();
    expect(await command('SetChargingProfile', txProfile(10))).toEqual(ACCEPTED);
    bench.charger.dropLink();
    await until('limited', () => bench.charger.currents[0] === 10_000);
    await until('fallen back', () => bench.charger.currents[0] === 6_000);
    expect(bench.charger.isOnline).toBe(false);
  });

  it('refuses profiles that name no transaction, or one that is not its own', async () => {
    await booted();
    await charging();
    const rejected = { status: 'Rejected' };
    expect(await command('SetChargingProfile', txProfile(10, { transactionId: 'other' }))).toEqual(rejected);
    expect(await command('SetChargingProfile', txProfile(10, { transactionId: undefined }))).toEqual(
      rejected,
    );
    const [schedule] = (txProfile(10).chargingProfile as { chargingSchedule: Payload[] }).chargingSchedule;
    const two = { chargingSchedule: [schedule, schedule] };
    expect(await command('SetChargingProfile', txProfile(10, two))).toEqual(rejected);
    expect(bench.charger.profiles.installed).toEqual([]);
  });

  it('tells the schedule that results from all profiles, and clears them', async () => {
    await booted();
    await charging();
    await command('SetChargingProfile', txProfile(10));
    const whole = { id: 8, chargingProfilePurpose: 'ChargingStationMaxProfile', transactionId: undefined };
    expect(await command('SetChargingProfile', { ...txProfile(9, whole), evseId: 0 })).toEqual(ACCEPTED);
    const answer = (await command('GetCompositeSchedule', { evseId: 1, duration: 60 })) as Payload;
    const { chargingSchedulePeriod: periods } = answer.schedule as { chargingSchedulePeriod: Payload[] };
    expect(periods.map(({ limit }) => limit)).toEqual([9, 6]);
    const criteria = { chargingProfilePurpose: 'ChargingStationMaxProfile' };
    expect(await command('ClearChargingProfile', { chargingProfileCriteria: criteria })).toEqual(ACCEPTED);
    expect(await command('ClearChargingProfile', { chargingProfileId: 7 })).toEqual(ACCEPTED);
    expect(await command('ClearChargingProfile', { chargingProfileId: 7 })).toEqual({ status: 'Unknown' });
    expect(await command('GetCompositeSchedule', { evseId: 9, duration: 60 })).toEqual({
      status: 'Rejected',
    });
  });

  it('resets at once and ends its sessions, or waits for their end', async () => {
    await booted();
    await charging();
    expect(await command('Reset', { type: 'OnIdle' })).toEqual({ status: 'Scheduled' });
    bench.charger.unplug(1);
    await until('booted again', () => bench.got('BootNotification').length === 2 && bench.charger.isOnline);
    expect(bench.got('BootNotification')[1]!.payload.reason).toBe('RemoteReset');
    await charging();
    expect(await command('Reset', { type: 'Immediate' })).toEqual(ACCEPTED);
    await until('booted a third time', () => bench.got('BootNotification').length === 3);
    await until('end delivered', () => events().at(-1)!.triggerReason === 'ResetCommand');
    expect(events().at(-1)).toMatchObject({ transactionInfo: { stoppedReason: 'ImmediateReset' } });
    expect(await command('Reset', { type: 'Immediate', evseId: 1 })).toEqual({ status: 'Rejected' });
  });

  it('unlocks no connector whose transaction runs', async () => {
    await booted();
    await charging();
    const unlock = (evseId: number) => command('UnlockConnector', { evseId, connectorId: 1 });
    expect(await unlock(1)).toEqual({ status: 'OngoingAuthorizedTransaction' });
    expect(await unlock(2)).toEqual({ status: 'Unlocked' });
    expect(await unlock(9)).toEqual({ status: 'UnknownConnector' });
    expect(bench.charger.connector(1).transaction).not.toBeNull();
  });

  it.each([
    ['BootNotification', {}, '"reason":"Triggered"'],
    ['Heartbeat', {}, ''],
    ['StatusNotification', { evse: { id: 1, connectorId: 1 } }, '"evseId":1'],
    ['MeterValues', { evse: { id: 2 } }, '"context":"Trigger"'],
    ['TransactionEvent', {}, '"triggerReason":"Trigger"'],
  ])('sends %s when triggered', async (requestedMessage, more, text) => {
    await booted();
    await charging();
    const withText = () => bench.got(requestedMessage).filter(({ raw }) => raw.includes(text));
    const before = withText().length;
    expect(await command('TriggerMessage', { requestedMessage, ...more })).toEqual(ACCEPTED);
    await until('sent', () => withText().length > before);
    for (const { payload } of withText())
      expect(violationIn('2.0.1', requestedMessage, 'Request', payload)).toBeNull();
  });

  it('reads and writes the variables that are its settings', async () => {
    await booted();
    const heartbeat = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } };
    const level = { component: { name: 'SmartChargingCtrlr' }, variable: { name: 'ProfileStackLevel' } };
    const nobody = { component: { name: 'OCPPCommCtrlr' }, variable: { name: 'Nonsense' } };
    const nowhere = { component: { name: 'Nowhere' }, variable: { name: 'HeartbeatInterval' } };
    const set = (one: Payload, attributeValue: string): Payload => ({ ...one, attributeValue });
    expect(
      await command('SetVariables', {
        setVariableData: [set(heartbeat, '30'), set(level, '1'), set(nobody, '1'), set(nowhere, '1')],
      }),
    ).toMatchObject({
      setVariableResult: [
        { ...heartbeat, attributeStatus: 'Accepted' },
        { ...level, attributeStatus: 'Rejected' },
        { ...nobody, attributeStatus: 'UnknownVariable' },
        { ...nowhere, attributeStatus: 'UnknownComponent' },
      ],
    });
    expect(bench.charger.heartbeatIntervalMs).toBe(30_000);
    const target = { ...heartbeat, attributeType: 'Target' };
    expect(await command('GetVariables', { getVariableData: [heartbeat, target] })).toEqual({
      getVariableResult: [
        { ...heartbeat, attributeStatus: 'Accepted', attributeValue: '30' },
        { ...target, attributeStatus: 'NotSupportedAttributeType' },
      ],
    });
  });

  it.each([
    ['ClearCache', {}, ACCEPTED],
    ['SendLocalList', { versionNumber: 4, updateType: 'Full' }, ACCEPTED],
    ['GetLocalListVersion', {}, { versionNumber: 0 }],
    ['DataTransfer', { vendorId: 'x' }, { status: 'UnknownVendorId' }],
    ['ChangeAvailability', { operationalStatus: 'Inoperative', evse: { id: 1 } }, ACCEPTED],
    ['ChangeAvailability', { operationalStatus: 'Inoperative' }, ACCEPTED],
    ['ReserveNow', { id: 3, expiryDateTime: '2030-01-01T00:00:00Z', idToken: TOKEN, evseId: 1 }, ACCEPTED],
    ['CancelReservation', { reservationId: 3 }, { status: 'Rejected' }],
    ['TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' }, { status: 'NotImplemented' }],
    ['TriggerMessage', { requestedMessage: 'StatusNotification' }, { status: 'Rejected' }],
    ['RequestStartTransaction', { idToken: TOKEN, evseId: 7, remoteStartId: 1 }, { status: 'Rejected' }],
    ['GetReport', { requestId: 1 }, 'NotImplemented'],
  ])('answers %s %j', async (action, payload, expected) => {
    await booted();
    expect(await command(action, payload)).toEqual(expected);
  });
});
