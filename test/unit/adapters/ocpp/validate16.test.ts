import * as schemas from 'typed-ocpp/dist/ocpp16/schemas.js';
import { describe, expect, test } from 'vitest';
import { ACTIONS_16, standingOf } from '../../../../adapters/ocpp/actions16.ts';
import { createValidator16 } from '../../../../adapters/ocpp/validate16.ts';

const receive = createValidator16('receive');
const emit = createValidator16('emit');

test('every action of 1.6 and its security extension has both schemas, and the package knows no other', () => {
  const named = Object.keys(schemas).map((name) => name.replace(/(Request|Response)$/, ''));
  expect(new Set(named)).toEqual(new Set(ACTIONS_16));
  expect(ACTIONS_16).toHaveLength(39);
});

test('every validator compiles, in both strictnesses', () => {
  for (const action of ACTIONS_16) {
    const sender = standingOf(action, 'charger') === 'known' ? 'charger' : 'cpms';
    for (const validator of [receive, emit]) {
      expect(() => validator.call(sender, action, {})).not.toThrow();
      expect(() => validator.result(action, {})).not.toThrow();
    }
  }
});

const status = { connectorId: 1, errorCode: 'NoError', status: 'Available' };
const sample = { timestamp: '2026-01-01T12:00:00Z', sampledValue: [{ value: '1' }] };

describe('received leniently, emitted strictly', () => {
  test.each([
    [
      'BootNotification',
      'an unknown field',
      { chargePointVendor: 'v', chargePointModel: 'm', colour: 'red' },
    ],
    ['StatusNotification', 'info of 255 characters', { ...status, info: 'i'.repeat(255) }],
    ['StatusNotification', 'a time without a zone', { ...status, timestamp: '2026-01-01T12:00:00' }],
    [
      'MeterValues',
      'an unknown field deep inside',
      { connectorId: 1, meterValue: [{ ...sample, sampledValue: [{ value: '1', x: 1 }] }] },
    ],
  ])('%s with %s', (action, _what, payload) => {
    expect(receive.call('charger', action, payload)).toBeNull();
    expect(emit.call('charger', action, payload)).not.toBeNull();
  });

  test.each([
    ['BootNotification', { chargePointVendor: '', chargePointModel: '' }],
    ['StatusNotification', { ...status, timestamp: '2026-01-01T12:00:00.123+00:00' }],
    ['MeterValues', { connectorId: 1, meterValue: [{ ...sample, sampledValue: [] }] }],
    ['StartTransaction', { connectorId: 1, idTag: '', meterStart: 0, timestamp: '2026-01-01T12:00:00Z' }],
  ])('%s %o is fine either way', (action, payload) => {
    expect(receive.call('charger', action, payload)).toBeNull();
    expect(emit.call('charger', action, payload)).toBeNull();
  });
});

describe('received but broken', () => {
  test.each([
    ['StatusNotification', { ...status, status: 'Sleeping' }, 'PropertyConstraintViolation'],
    ['StatusNotification', { ...status, info: 'i'.repeat(256) }, 'PropertyConstraintViolation'],
    ['StatusNotification', { ...status, connectorId: '1' }, 'TypeConstraintViolation'],
    ['StatusNotification', { ...status, connectorId: 1.5 }, 'TypeConstraintViolation'],
    ['StatusNotification', { ...status, timestamp: 'yesterday' }, 'PropertyConstraintViolation'],
    ['StatusNotification', { connectorId: 1, errorCode: 'NoError' }, 'OccurenceConstraintViolation'],
    ['MeterValues', { connectorId: 1, meterValue: {} }, 'TypeConstraintViolation'],
    [
      'MeterValues',
      { connectorId: 1, meterValue: [{ ...sample, timestamp: null }] },
      'TypeConstraintViolation',
    ],
  ])('%s %o is refused with the code of its fault', (action, payload, code) => {
    expect(receive.call('charger', action, payload)?.code).toBe(code);
  });

  test('a broken payload does not spoil the next good one', () => {
    expect(receive.call('charger', 'Authorize', {})).not.toBeNull();
    expect(receive.call('charger', 'Authorize', { idTag: 'A' })).toBeNull();
  });
});
