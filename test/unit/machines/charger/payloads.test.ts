import { describe, expect, it } from 'vitest';
import { idTagKey, maskIdTag } from '../../../../machines/shared/idtag.ts';
import {
  demandOf,
  type MeterValuesReq,
  parsePayload,
  refusalOf,
} from '../../../../machines/shared/ocpp16.ts';
import { msFromRfc3339, rfc3339 } from '../../../../machines/shared/rfc3339.ts';
import { sampleOf } from '../../../../machines/shared/samples.ts';

const meter = (...sampled: Array<MeterValuesReq['meterValue'][number]['sampledValue']>): MeterValuesReq => ({
  connectorId: 1,
  meterValue: sampled.map((sampledValue) => ({ timestamp: '2026-01-01T00:00:00Z', sampledValue })),
});

describe('a sample', () => {
  it('without a measurand is the energy register in Wh', () => {
    expect(sampleOf(meter([{ value: '1234.6' }])).energyWh).toBe(1_235);
  });

  it('in kWh becomes Wh', () => {
    expect(sampleOf(meter([{ value: '1.5', unit: 'kWh' }])).energyWh).toBe(1_500);
  });

  it('given by phases only is their sum; with a total, the total', () => {
    const phases = ['L1', 'L2', 'L3'].map((phase) => ({ value: '10', phase }));
    expect(sampleOf(meter(phases)).energyWh).toBe(30);
    expect(sampleOf(meter([...phases, { value: '31' }])).energyWh).toBe(31);
  });

  it('has currents in the order of the phases', () => {
    const values = ['L3', 'L1'].map((phase, i) => ({
      value: String(6 + i),
      measurand: 'Current.Import',
      phase,
    }));
    expect(sampleOf(meter(values)).currentMilliamps).toEqual([7_000, 6_000]);
    const single = { value: '16.04', measurand: 'Current.Import' };
    expect(sampleOf(meter([single])).currentMilliamps).toEqual([16_040]);
  });

  it('counts the last of several moments, and only what is at the outlet', () => {
    const inlet = { value: '9', location: 'Inlet' };
    expect(sampleOf(meter([{ value: '1' }], [{ value: '2' }, inlet])).energyWh).toBe(2);
    expect(sampleOf(meter([{ value: '1' }], [inlet])).energyWh).toBeNull();
  });

  it.each(['', ' ', 'abc', 'Infinity'])('that says %j says nothing', (value) => {
    const current = { value, measurand: 'Current.Import' };
    expect(sampleOf(meter([{ value }, current]))).toMatchObject({ energyWh: null, currentMilliamps: null });
  });

  it('is signed when any of its values is, and a boundary when it begins or ends a transaction', () => {
    expect(sampleOf(meter([{ value: '1' }], [{ value: 'x', format: 'SignedData' }])).isSigned).toBe(true);
    expect(sampleOf(meter([{ value: '1', context: 'Transaction.End' }])).isBoundary).toBe(true);
    expect(sampleOf(meter([{ value: '1', context: 'Sample.Periodic' }]))).toMatchObject({
      isSigned: false,
      isBoundary: false,
    });
  });

  it('may hold nothing at all', () => {
    expect(sampleOf(meter([]))).toMatchObject({ energyWh: null, currentMilliamps: null });
    expect(sampleOf(meter())).toMatchObject({ energyWh: null, currentMilliamps: null });
  });
});

describe('what a connector wants', () => {
  it.each([
    ['Available', false, 'idle'],
    ['Unavailable', false, 'idle'],
    ['Faulted', false, 'idle'],
    ['Reserved', false, 'idle'],
    [null, false, 'idle'],
    ['Preparing', false, 'preparing'],
    ['Finishing', false, 'preparing'],
    ['Charging', false, 'charging'],
    ['SuspendedEV', false, 'suspended'],
    ['SuspendedEVSE', true, 'suspended'],
    ['Preparing', true, 'charging'],
    ['Faulted', true, 'charging'],
    [null, true, 'charging'],
  ])('with status %s and a transaction open: %s, is %s', (status, open, demand) => {
    expect(demandOf(status, open)).toBe(demand);
  });
});

describe('idTags', () => {
  it('are the same card in either case', () => expect(idTagKey('aBc1')).toBe(idTagKey('AbC1')));

  it.each([
    ['DEADBEEF', 'DE…EF'],
    ['ABCDEF', 'AB…EF'],
    ['ABCDE', '…'],
    ['A', '…'],
  ])('%s is shown as %s', (idTag, shown) => expect(maskIdTag(idTag)).toBe(shown));
});

describe('moments', () => {
  it.each([
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['2026-01-01T02:00:00+02:00', Date.UTC(2026, 0, 1)],
    ['2026-01-01T00:00:00.250', Date.UTC(2026, 0, 1) + 250],
    ['yesterday', null],
  ])('%s is %s', (text, ms) => expect(msFromRfc3339(text)).toBe(ms));

  it('are written in UTC with Z', () =>
    expect(rfc3339(Date.UTC(2026, 0, 1))).toBe('2026-01-01T00:00:00.000Z'));
});

describe('payloads', () => {
  it.each(['', '[]', '"x"', 'null', '{'])('%j is no object', (raw) => expect(parsePayload(raw)).toBeNull());

  it('refuse a command by the status that its action has', () => {
    expect(refusalOf('UnlockConnector')).toBe('{"status":"UnlockFailed"}');
    expect(refusalOf('GetConfiguration')).toBeNull();
  });
});
