import { afterEach, expect, it } from 'vitest';
import { validatorOf } from '../../../adapters/ocpp/validate.ts';
import type { Payload } from '../../../simulation/ocpp-j.ts';
import { aCar, aChargerBench, type ChargerBench, until } from './bench.ts';

const validator = validatorOf('1.6', 'emit');
let bench: ChargerBench;

afterEach(() => bench.stop());

it('says nothing on either side that the OCPP 1.6 schemas do not allow', async () => {
  bench = await aChargerBench({ charger: { transactionData: true } });
  await until('booted', () => bench.charger.isOnline);
  bench.charger.plugIn(1, aCar(), { idTag: 'TAG' });
  await until('charging', () => bench.charger.currents[0] === 16_000);
  const commands: [string, Payload][] = [
    ['GetConfiguration', {}],
    ['GetCompositeSchedule', { connectorId: 1, duration: 60 }],
    ['GetCompositeSchedule', { connectorId: 9, duration: 60 }],
    ['TriggerMessage', { requestedMessage: 'MeterValues' }],
    ['TriggerMessage', { requestedMessage: 'Heartbeat' }],
    ['ReserveNow', { connectorId: 2, reservationId: 1, idTag: 'R', expiryDate: '2030-01-01T00:00:00Z' }],
    ['CancelReservation', { reservationId: 1 }],
    ['ChangeConfiguration', { key: 'HeartbeatInterval', value: '60' }],
    ['ChangeAvailability', { connectorId: 0, type: 'Inoperative' }],
    ['ClearChargingProfile', {}],
    ['ClearCache', {}],
    ['SendLocalList', { listVersion: 1, updateType: 'Full' }],
    ['GetLocalListVersion', {}],
    ['DataTransfer', { vendorId: 'x' }],
    ['GetDiagnostics', { location: 'ftp://x' }],
    ['UpdateFirmware', { location: 'ftp://x', retrieveDate: '2030-01-01T00:00:00Z' }],
    ['UnlockConnector', { connectorId: 2 }],
    ['RemoteStopTransaction', { transactionId: 1 }],
    ['Reset', { type: 'Soft' }],
  ];
  for (const [action, payload] of commands) {
    const outcome = await bench.cpms.call('CP-1', action, payload);
    expect([action, outcome.kind]).toEqual([action, 'result']);
    if (outcome.kind === 'result')
      expect([action, validator.result(action, outcome.payload)]).toEqual([action, null]);
  }
  await until('booted again', () => bench.got('BootNotification').length === 2 && bench.charger.isOnline);
  await until('firmware notices', () => bench.got('FirmwareStatusNotification').length === 2);
  await until('stop delivered', () => bench.got('StopTransaction').length === 1);
  for (const { action, payload, answer } of bench.got()) {
    expect([action, validator.call('charger', action, payload)]).toEqual([action, null]);
    if (answer) expect([action, validator.result(action, answer)]).toEqual([action, null]);
  }
  expect(bench.got().filter(({ outcome }) => outcome === 'error')).toEqual([]);
});
