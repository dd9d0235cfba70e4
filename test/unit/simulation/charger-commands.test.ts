import { afterEach, describe, expect, it } from 'vitest';
import type { Payload } from '../../../simulation/ocpp-j.ts';
import { aCar, aChargerBench, type ChargerBench, until } from './bench.ts';

let bench: ChargerBench;

afterEach(() => bench.stop());

async function command(action: string, payload: Payload): Promise<unknown> {
  const outcome = await bench.cpms.call('CP-1', action, payload);
  return outcome.kind === 'result' ? outcome.payload : outcome.kind;
}

async function booted(options: Parameters<typeof aChargerBench>[0] = {}): Promise<void> {
  bench = await aChargerBench(options);
  await until('booted', () => bench.charger.isOnline);
}

async function charging(): Promise<void> {
  bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
  await until('charging at full current', () => bench.charger.currents[0] === 16_000);
}

function txProfile(limit: number, more: Payload = {}): Payload {
  return {
    connectorId: 1,
    csChargingProfiles: {
      chargingProfileId: 7,
      stackLevel: 1,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Absolute',
      transactionId: 1,
      chargingSchedule: {
        startSchedule: new Date(bench.clock.wallMs()).toISOString(),
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [
          { startPeriod: 0, limit },
          { startPeriod: 20, limit: 6 },
        ],
      },
      ...more,
    },
  };
}

describe('commands to a simulated charger', () => {
  it('starts and stops from remote, without asking for the tag', async () => {
    await booted();
    expect(await command('RemoteStartTransaction', { idTag: 'REMOTE', connectorId: 2 })).toEqual({
      status: 'Accepted',
    });
    await until('waits for a car', () => bench.charger.connector(2).status === 'Preparing');
    bench.charger.plugIn(2, aCar(), { idTag: 'CARD' });
    await until('started', () => bench.charger.connector(2).transaction?.transactionId === 1);
    expect(bench.got('StartTransaction')[0]!.payload.idTag).toBe('REMOTE');
    expect(bench.got('Authorize')).toEqual([]);
    expect(await command('RemoteStopTransaction', { transactionId: 99 })).toEqual({ status: 'Rejected' });
    expect(await command('RemoteStopTransaction', { transactionId: 1 })).toEqual({ status: 'Accepted' });
    await until('stopped', () => bench.got('StopTransaction').length === 1);
    expect(bench.got('StopTransaction')[0]!.payload.reason).toBe('Remote');
    await until('finishing', () => bench.got('StatusNotification').at(-1)!.payload.status === 'Finishing');
  });

  it('limits the car by a profile, and falls back by itself when the lease runs out offline', async () => {
    await booted();
    await charging();
    expect(await command('SetChargingProfile', txProfile(10))).toEqual({ status: 'Accepted' });
    bench.charger.dropLink();
    await until('limited', () => bench.charger.currents[0] === 10_000);
    await until('fallen back', () => bench.charger.currents[0] === 6_000);
    expect(bench.charger.isOnline).toBe(false);
  });

  it('suspends the car below 6 A and says so', async () => {
    await booted();
    await charging();
    await command('SetChargingProfile', txProfile(0));
    await until('no current', () => bench.charger.currents[0] === 0);
    await until('said', () => bench.got('StatusNotification').at(-1)!.payload.status === 'SuspendedEVSE');
    expect(bench.charger.connector(1).transaction).not.toBeNull();
  });

  it('refuses a profile of a wrong transaction and one without a transaction', async () => {
    await booted();
    expect(await command('SetChargingProfile', txProfile(10))).toEqual({ status: 'Rejected' });
    await charging();
    expect(await command('SetChargingProfile', txProfile(10, { transactionId: 2 }))).toEqual({
      status: 'Rejected',
    });
    expect(bench.charger.profiles.installed).toEqual([]);
  });

  it('accepts profiles and obeys none when it has that quirk', async () => {
    await booted({ charger: { quirks: { ignoreProfiles: true } } });
    await charging();
    expect(await command('SetChargingProfile', txProfile(8))).toEqual({ status: 'Accepted' });
    await until('later', () => bench.got('MeterValues').length >= 4);
    expect(bench.charger.currents[0]).toBe(16_000);
  });

  it('tells the schedule that results from all profiles', async () => {
    await booted();
    await charging();
    await command('SetChargingProfile', txProfile(10));
    const answer = (await command('GetCompositeSchedule', { connectorId: 1, duration: 60 })) as Payload;
    const { chargingSchedulePeriod: periods } = answer.chargingSchedule as {
      chargingSchedulePeriod: Payload[];
    };
    expect(periods.map(({ limit }) => limit)).toEqual([10, 6]);
    expect(await command('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Accepted' });
    expect(await command('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Unknown' });
  });

  it.each(['Soft', 'Hard'])('stops its sessions and boots after a %s reset', async (type) => {
    await booted();
    await charging();
    expect(await command('Reset', { type })).toEqual({ status: 'Accepted' });
    await until('booted again', () => bench.got('BootNotification').length === 2);
    await until('stop delivered', () => bench.got('StopTransaction').length === 1);
    expect(bench.got('StopTransaction')[0]!.payload.reason).toBe(`${type}Reset`);
  });

  it.each([
    ['BootNotification', {}],
    ['Heartbeat', {}],
    ['StatusNotification', { connectorId: 2 }],
    ['MeterValues', { connectorId: 1 }],
  ])('sends %s when triggered', async (requestedMessage, more) => {
    await booted();
    await until('quiet', () => bench.got('StatusNotification').length === 3);
    const before = bench.got(requestedMessage).length;
    expect(await command('TriggerMessage', { requestedMessage, ...more })).toEqual({ status: 'Accepted' });
    await until('sent', () => bench.got(requestedMessage).length > before);
  });

  it.each([
    ['ClearCache', {}, { status: 'Accepted' }],
    ['SendLocalList', { listVersion: 4, updateType: 'Full' }, { status: 'Accepted' }],
    ['GetLocalListVersion', {}, { listVersion: 0 }],
    ['DataTransfer', { vendorId: 'x' }, { status: 'UnknownVendorId' }],
    ['UnlockConnector', { connectorId: 1 }, { status: 'Unlocked' }],
    ['UnlockConnector', { connectorId: 9 }, { status: 'UnlockFailed' }],
    ['ChangeAvailability', { connectorId: 1, type: 'Inoperative' }, { status: 'Accepted' }],
    ['ChangeConfiguration', { key: 'HeartbeatInterval', value: '30' }, { status: 'Accepted' }],
    ['ChangeConfiguration', { key: 'NumberOfConnectors', value: '9' }, { status: 'Rejected' }],
    ['ChangeConfiguration', { key: 'Nonsense', value: '1' }, { status: 'NotSupported' }],
    ['ReserveNow', { connectorId: 1, reservationId: 3, idTag: 'R' }, { status: 'Accepted' }],
    ['CancelReservation', { reservationId: 3 }, { status: 'Rejected' }],
    ['GetDiagnostics', { location: 'ftp://x' }, {}],
    ['UpdateFirmware', { location: 'ftp://x' }, {}],
    ['TriggerMessage', { requestedMessage: 'FirmwareStatusNotification' }, { status: 'NotImplemented' }],
    ['RemoteStartTransaction', { idTag: 'X', connectorId: 7 }, { status: 'Rejected' }],
    ['Unheard', {}, 'error'],
  ])('answers %s %j', async (action, payload, expected) => {
    await booted();
    expect(await command(action, payload)).toEqual(expected);
  });

  it('tells known and unknown configuration keys apart', async () => {
    await booted();
    expect(await command('GetConfiguration', { key: ['NumberOfConnectors', 'Nonsense'] })).toEqual({
      configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '2' }],
      unknownKey: ['Nonsense'],
    });
  });
});
