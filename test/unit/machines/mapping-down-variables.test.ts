import { describe, expect, test } from 'vitest';
import { chunksOf } from '../../../machines/shared/mapping/down/configuration-to201.ts';
import { mapDown } from '../../../machines/shared/mapping/down/map-down.ts';
import { VARIABLE_KEYS } from '../../../machines/shared/mapping/down/variable-table.ts';
import type { Payload } from '../../../machines/shared/mapping/mapping.ts';
import { benchOf } from '../../helpers/mapping-bench.ts';

const { answered, sent } = benchOf(mapDown);

const at = (component: string, variable: string, instance?: string): Payload => ({
  component: { name: component },
  variable: instance === undefined ? { name: variable } : { name: variable, instance },
});
const HEARTBEAT = at('OCPPCommCtrlr', 'HeartbeatInterval');
const PASSWORD = at('SecurityCtrlr', 'BasicAuthPassword');

test('every key and every variable is in the table once', () => {
  const keys = VARIABLE_KEYS.map(({ key }) => key.toLowerCase());
  const variables = VARIABLE_KEYS.map(
    ({ component, variable, instance }) => `${component}.${variable}.${instance}`,
  );
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(variables).size).toBe(variables.length);
  expect(VARIABLE_KEYS.every(({ component, variable }) => component !== '' && variable !== '')).toBe(true);
});

test.each([
  ['TransactionMessageAttempts', at('OCPPCommCtrlr', 'MessageAttempts', 'TransactionEvent')],
  ['TransactionMessageRetryInterval', at('OCPPCommCtrlr', 'MessageAttemptInterval', 'TransactionEvent')],
  ['MeterValueSampleInterval', at('SampledDataCtrlr', 'TxUpdatedInterval')],
  ['meterVALUEsSampledData', at('SampledDataCtrlr', 'TxUpdatedMeasurands')],
  ['StopTxnSampledData', at('SampledDataCtrlr', 'TxEndedMeasurands')],
  ['ClockAlignedDataInterval', at('AlignedDataCtrlr', 'Interval')],
  ['ConnectionTimeOut', at('TxCtrlr', 'EVConnectionTimeOut')],
  ['MaxEnergyOnInvalidId', at('TxCtrlr', 'MaxEnergyOnInvalidId')],
  ['UnlockConnectorOnEVSideDisconnect', at('OCPPCommCtrlr', 'UnlockOnEVSideDisconnect')],
])('a 1.6 CPMS sets %s as %j', (key, address) => {
  expect(sent('1.6', 'ChangeConfiguration', { key, value: '10' }).calls).toEqual([
    { action: 'SetVariables', payload: { setVariableData: [{ attributeValue: '10', ...address }] } },
  ]);
});

describe('a key that a 1.6 CPMS sets', () => {
  test.each([
    ['VendorKey', '1', 'NotSupported'],
    ['LocalAuthListMaxLength', '1', 'NotSupported'],
    ['ChargeProfileMaxStackLevel', '1', 'Rejected'],
    ['SecurityProfile', '2', 'Rejected'],
    ['AuthorizationKey', 'short', 'Rejected'],
    ['AuthorizationKey', 'ff'.repeat(16), 'Rejected'],
    ['CpoName', 'x'.repeat(1001), 'Rejected'],
  ])('%s to %s is answered %s', (key, value, status) => {
    expect(answered('1.6', 'ChangeConfiguration', { key, value })).toEqual({ status });
  });

  test.each([
    ['AuthorizationKey', '30313233343536373839616263646566', '0123456789abcdef'],
    ['AuthorizationKey', 'plain text, seen in use', 'plain text, seen in use'],
    ['LocalPreAuthorize', 'TRUE', 'true'],
    ['CpoName', 'True', 'True'],
  ])('%s: %s is set as %s', (key, value, attributeValue) => {
    expect(sent('1.6', 'ChangeConfiguration', { key, value }).calls[0]?.payload).toMatchObject({
      setVariableData: [{ attributeValue }],
    });
  });
});

describe('keys that a 1.6 CPMS asks for', () => {
  const read = (address: Payload, attributeValue: string): Payload => ({
    attributeStatus: 'Accepted',
    attributeValue,
    ...address,
  });

  test('are told with their values, and unknown ones as unknown', () => {
    const request = sent('1.6', 'GetConfiguration', {
      key: [
        'HeartbeatInterval',
        'Foo',
        'AuthorizationKey',
        'ChargingScheduleAllowedChargingRateUnit',
        'CpoName',
        'SecurityProfile',
        'heartbeatinterval',
      ],
    });
    expect(request.calls).toHaveLength(1);
    expect(request.calls[0]?.payload.getVariableData).toHaveLength(4);
    const answer = request.answer({
      getVariableResult: [
        { attributeStatus: 'Rejected', ...at('SecurityCtrlr', 'SecurityProfile') },
        read(at('SmartChargingCtrlr', 'RateUnit'), 'A, W'),
        read(at('ocppcommctrlr', 'heartbeatinterval'), '60'),
        { attributeStatus: 'UnknownVariable', ...at('SecurityCtrlr', 'OrganizationName') },
      ],
    });
    expect(answer).toEqual({
      configurationKey: [
        { key: 'HeartbeatInterval', readonly: false, value: '60' },
        { key: 'ChargingScheduleAllowedChargingRateUnit', readonly: true, value: 'Current,Power' },
        { key: 'SecurityProfile', readonly: true },
        { key: 'AuthorizationKey', readonly: false },
      ],
      unknownKey: ['Foo', 'CpoName'],
    });
  });

  test.each<[Payload]>([[{}], [{ key: [] }]])(
    'all of them (%j) are the known ones that can be read, in calls of at most 20',
    (request) => {
      const { calls, answer } = sent('1.6', 'GetConfiguration', request);
      const asked = calls.flatMap(({ payload }) => payload.getVariableData as Payload[]);
      expect(asked).toHaveLength(VARIABLE_KEYS.filter(({ access }) => access !== 'writeOnly').length);
      expect(calls.every(({ payload }) => (payload.getVariableData as Payload[]).length <= 20)).toBe(true);
      const missing = { attributeStatus: 'UnknownComponent', ...at('TxCtrlr', 'EVConnectionTimeOut') };
      const first = { getVariableResult: [read(HEARTBEAT, '60'), missing] };
      const second = { getVariableResult: [read(at('SecurityCtrlr', 'OrganizationName'), 'CPO')] };
      expect(answer(first, second)).toEqual({
        configurationKey: [
          { key: 'HeartbeatInterval', readonly: false, value: '60' },
          { key: 'CpoName', readonly: false, value: 'CPO' },
        ],
      });
      expect(answer(first, { error: 'InternalError' })).toEqual({ error: 'InternalError' });
      expect(answer(first)).toEqual({ error: 'GenericError' });
    },
  );

  test('that are all unknown are answered without asking', () => {
    expect(answered('1.6', 'GetConfiguration', { key: ['Foo', 'Foo'] })).toEqual({ unknownKey: ['Foo'] });
  });

  test('are asked for in chunks', () => {
    expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunksOf([], 2)).toEqual([]);
  });
});

describe('variables that a 2.0.1 CPMS sets', () => {
  const request = {
    setVariableData: [
      { attributeValue: '60', attributeType: 'Actual', ...HEARTBEAT },
      { attributeValue: '1', ...at('Nowhere', 'Interval') },
      { attributeValue: '1', ...at('TxCtrlr', 'TxStartPoint') },
      { attributeValue: '1', attributeType: 'Target', ...HEARTBEAT },
      { attributeValue: '3', ...at('SecurityCtrlr', 'SecurityProfile') },
      { attributeValue: '0123456789abcdef', ...PASSWORD },
      { attributeValue: 'x'.repeat(21), ...PASSWORD },
      {
        attributeValue: '9',
        component: { name: 'TxCtrlr', evse: { id: 1 } },
        variable: { name: 'EVConnectionTimeOut' },
      },
      { attributeValue: 'false', ...at('AuthCtrlr', 'LocalPreAuthorize') },
    ],
  };

  test('are changed key by key, and the answers are put in their places', () => {
    const { calls, answer } = sent('2.0.1', 'SetVariables', request);
    expect(calls).toEqual([
      { action: 'ChangeConfiguration', payload: { key: 'HeartbeatInterval', value: '60' } },
      {
        action: 'ChangeConfiguration',
        payload: { key: 'AuthorizationKey', value: '30313233343536373839616263646566' },
      },
      { action: 'ChangeConfiguration', payload: { key: 'LocalPreAuthorize', value: 'false' } },
    ]);
    const merged = answer(
      { status: 'RebootRequired' },
      { error: 'InternalError' },
      { status: 'Accepted' },
    ) as { setVariableResult: Payload[] };
    expect(merged.setVariableResult.map(({ attributeStatus }) => attributeStatus)).toEqual([
      'RebootRequired',
      'UnknownComponent',
      'UnknownVariable',
      'NotSupportedAttributeType',
      'Rejected',
      'Rejected',
      'Rejected',
      'UnknownComponent',
      'Accepted',
    ]);
    expect(merged.setVariableResult[0]).toEqual({
      attributeType: 'Actual',
      attributeStatus: 'RebootRequired',
      ...HEARTBEAT,
    });
    expect(merged.setVariableResult.slice(4, 7)).toMatchObject([
      { attributeStatusInfo: { reasonCode: 'ReadOnly' } },
      { attributeStatusInfo: { reasonCode: 'InternalError' } },
      { attributeStatusInfo: { reasonCode: 'InvalidValue' } },
    ]);
  });

  test('that the charger did not come to answer count as refused', () => {
    const { answer } = sent('2.0.1', 'SetVariables', request);
    expect(answer({ status: 'Accepted' })).toMatchObject({
      setVariableResult: { 0: { attributeStatus: 'Accepted' }, 8: { attributeStatus: 'Rejected' } },
    });
  });

  test.each(['SetVariables', 'GetVariables'])(
    'or reads are refused when they are more than 50: %s',
    (action) => {
      const items = Array.from({ length: 51 }, () => ({ attributeValue: '1', ...HEARTBEAT }));
      expect(answered('2.0.1', action, { setVariableData: items, getVariableData: items })).toEqual({
        error: 'OccurrenceConstraintViolation',
      });
    },
  );
});

test('a rate unit that is none of the two stays as the charger told it', () => {
  const rateUnit = { getVariableData: [at('SmartChargingCtrlr', 'RateUnit')] };
  const key = 'ChargingScheduleAllowedChargingRateUnit';
  const told = sent('2.0.1', 'GetVariables', rateUnit).answer({
    configurationKey: [{ key, readonly: true, value: 'current,Horsepower,constructor' }],
  });
  expect(told).toMatchObject({ getVariableResult: [{ attributeValue: 'A,Horsepower,constructor' }] });
});

test('variables that a 2.0.1 CPMS reads come from their keys', () => {
  const { calls, answer } = sent('2.0.1', 'GetVariables', {
    getVariableData: [
      HEARTBEAT,
      PASSWORD,
      at('SmartChargingCtrlr', 'RateUnit'),
      at('TxCtrlr', 'EVConnectionTimeOut'),
      at('Foo', 'Bar'),
      at('AuthCtrlr', 'LocalPreAuthorize'),
      HEARTBEAT,
    ],
  });
  expect(calls).toEqual([
    {
      action: 'GetConfiguration',
      payload: {
        key: [
          'HeartbeatInterval',
          'ChargingScheduleAllowedChargingRateUnit',
          'ConnectionTimeOut',
          'LocalPreAuthorize',
        ],
      },
    },
  ]);
  const told = answer({
    configurationKey: [
      { key: 'heartbeatInterval', readonly: false, value: '60' },
      { key: 'ChargingScheduleAllowedChargingRateUnit', readonly: true, value: 'Current, Power' },
      { key: 'LocalPreAuthorize', readonly: false, value: 'True' },
    ],
    unknownKey: ['ConnectionTimeOut'],
  }) as { getVariableResult: Payload[] };
  expect(
    told.getVariableResult.map(({ attributeStatus, attributeValue }) => [attributeStatus, attributeValue]),
  ).toEqual([
    ['Accepted', '60'],
    ['Rejected', undefined],
    ['Accepted', 'A,W'],
    ['UnknownVariable', undefined],
    ['UnknownComponent', undefined],
    ['Accepted', 'true'],
    ['Accepted', '60'],
  ]);
});
