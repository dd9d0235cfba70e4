import * as schemas16 from 'typed-ocpp/dist/ocpp16/schemas.js';
import * as schemas201 from 'typed-ocpp/dist/ocpp20/schemas.js';
import { describe, expect, test } from 'vitest';
import { actionsOf, standingOf } from '../../../../adapters/ocpp/actions.ts';
import { validatorOf } from '../../../../adapters/ocpp/validate.ts';

const receive = validatorOf('1.6', 'receive');
const emit = validatorOf('1.6', 'emit');

test.each([
  ['1.6', schemas16, 39],
  ['2.0.1', schemas201, 64],
] as const)(
  'every action of %s has both schemas, and the package knows no other',
  (version, schemas, count) => {
    const named = Object.keys(schemas).map((name) => name.replace(/(Request|Response)$/, ''));
    expect(new Set(named)).toEqual(new Set(actionsOf(version)));
    expect(actionsOf(version)).toHaveLength(count);
  },
);

test.each(['1.6', '2.0.1'] as const)('every validator of %s compiles, in both strictnesses', (version) => {
  const validators = [validatorOf(version, 'receive'), validatorOf(version, 'emit')];
  for (const action of actionsOf(version)) {
    const sender = standingOf(version, action, 'charger') === 'known' ? 'charger' : 'cpms';
    for (const validator of validators) {
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

describe('a message of 2.0.1 is read to the letter', () => {
  const validator = validatorOf('2.0.1', 'receive');
  const status201 = {
    timestamp: '2026-01-01T12:00:00Z',
    connectorStatus: 'Available',
    evseId: 1,
    connectorId: 1,
  };

  test('and passes when it is right, custom data included', () => {
    expect(validator.call('charger', 'StatusNotification', status201)).toBeNull();
    const withCustom = { ...status201, customData: { vendorId: 'v', anything: [1] } };
    expect(validator.call('charger', 'StatusNotification', withCustom)).toBeNull();
    expect(validator.result('StatusNotification', {})).toBeNull();
  });

  test.each([
    ['a field that the standard does not know', { ...status201, colour: 'red' }, 'FormationViolation'],
    [
      'a time without a zone',
      { ...status201, timestamp: '2026-01-01T12:00:00' },
      'PropertyConstraintViolation',
    ],
    ['a status of 1.6', { ...status201, connectorStatus: 'Preparing' }, 'PropertyConstraintViolation'],
    ['a number as text', { ...status201, evseId: '1' }, 'TypeConstraintViolation'],
    [
      'a missing field',
      { evseId: 1, connectorId: 1, connectorStatus: 'Available' },
      'OccurenceConstraintViolation',
    ],
    ['custom data without its vendor', { ...status201, customData: {} }, 'OccurenceConstraintViolation'],
  ])('with %s it is refused', (_what, payload, code) => {
    expect(validator.call('charger', 'StatusNotification', payload)?.code).toBe(code);
  });

  test.each([
    ['charger', 'StartTransaction', 'NotImplemented'],
    ['charger', 'Reset', 'NotSupported'],
    ['cpms', 'TransactionEvent', 'NotSupported'],
    ['cpms', 'ChangeConfiguration', 'NotImplemented'],
  ] as const)('from a %s %s is refused as %s', (sender, action, code) => {
    expect(validator.call(sender, action, {})?.code).toBe(code);
  });
});
