import { describe, expect, test } from 'vitest';
import type { MappingFacts, Payload } from '../../../machines/shared/mapping/mapping.ts';
import { mapUp } from '../../../machines/shared/mapping/up/map-up.ts';
import { transactionEventTo16 } from '../../../machines/shared/mapping/up/transaction-event-to16.ts';
import { STOPPED_REASONS } from '../../helpers/charger-call-generators.ts';
import { benchOf, transactionFacts } from '../../helpers/mapping-bench.ts';

const { answered, sent } = benchOf(mapUp);

const AT = '2026-11-25T12:00:00.000Z';
const LATER = '2026-11-25T13:00:00.000Z';
const TX = '5f0c7c1e-0000-4000-8000-000000000001';
const EVSE = { id: 2, connectorId: 1 };
const REGISTER = 'Energy.Active.Import.Register';

/** Of a transaction at connector 2. */
function facts(transactionId: string | number | null, more: object = {}): MappingFacts {
  const { nowMs, transaction } = transactionFacts(transactionId);
  return { nowMs, transaction: { ...transaction!, connector: 2, idTag: 'CARD', ...more } };
}

const wh = (value: number, context: string): Payload => ({
  value,
  context,
  measurand: REGISTER,
  unitOfMeasure: { unit: 'Wh' },
});

describe('a transaction of a 1.6 charger', () => {
  const start = { connectorId: 2, idTag: '04A1B2C3', meterStart: 1500, timestamp: AT };
  const stop = { transactionId: 7, meterStop: 2600, timestamp: LATER };
  const event = (action: string, payload: Payload, about = facts(TX)): Payload =>
    sent('1.6', action, payload, about).calls[0]!.payload;

  test('begins with all that its start says', () => {
    expect(event('StartTransaction', { ...start, reservationId: 5 }, facts(TX, { offline: true }))).toEqual({
      eventType: 'Started',
      timestamp: AT,
      triggerReason: 'Authorized',
      seqNo: 0,
      offline: true,
      transactionInfo: { transactionId: TX },
      evse: EVSE,
      idToken: { idToken: '04A1B2C3', type: 'ISO14443' },
      reservationId: 5,
      meterValue: [{ timestamp: AT, sampledValue: [wh(1500, 'Transaction.Begin')] }],
    });
  });

  test('that answers a remote start says so', () => {
    expect(event('StartTransaction', start, facts(TX, { remoteStartId: 31 }))).toMatchObject({
      triggerReason: 'RemoteStart',
      transactionInfo: { transactionId: TX, remoteStartId: 31 },
    });
  });

  test('without a card began with the plug', () => {
    expect(event('StartTransaction', { ...start, idTag: '' })).toMatchObject({
      triggerReason: 'CablePluggedIn',
      idToken: { idToken: '', type: 'NoAuthorization' },
    });
  });

  test.each([
    ['Sample.Clock', 'MeterValueClock'],
    ['Trigger', 'Trigger'],
    ['Sample.Periodic', 'MeterValuePeriodic'],
    [undefined, 'MeterValuePeriodic'],
  ])('goes on with values of context %s, triggered by %s', (context, triggerReason) => {
    const sample = context === undefined ? { value: '1' } : { value: '1', context };
    const meterValue = [{ timestamp: AT, sampledValue: [sample] }];
    expect(
      event('MeterValues', { connectorId: 2, transactionId: 7, meterValue }, facts(TX, { seqNo: 3 })),
    ).toEqual({
      eventType: 'Updated',
      timestamp: AT,
      triggerReason,
      seqNo: 3,
      transactionInfo: { transactionId: TX },
      evse: EVSE,
      meterValue: [{ timestamp: AT, sampledValue: [{ ...sample, value: 1 }] }],
    });
  });

  test('has its number sent even when none of the values can be said', () => {
    const meterValue = [{ timestamp: AT, sampledValue: [{ value: 'n/a' }] }];
    const made = sent('1.6', 'MeterValues', { connectorId: 2, transactionId: 7, meterValue }, facts(TX));
    expect(made.calls[0]?.payload).toMatchObject({ seqNo: 0, timestamp: AT });
    expect(made.calls[0]?.payload).not.toHaveProperty('meterValue');
    expect(made.lost).toEqual(['meterValue[].sampledValue[]']);
  });

  test.each([
    ['DeAuthorized', 'DeAuthorized', 'Deauthorized'],
    ['EVDisconnected', 'EVDisconnected', 'EVCommunicationLost'],
    ['EmergencyStop', 'EmergencyStop', 'AbnormalCondition'],
    ['HardReset', 'ImmediateReset', 'ResetCommand'],
    ['Local', 'Local', 'StopAuthorized'],
    ['Other', 'Other', 'AbnormalCondition'],
    ['PowerLoss', 'PowerLoss', 'AbnormalCondition'],
    ['Reboot', 'Reboot', 'AbnormalCondition'],
    ['Remote', 'Remote', 'RemoteStop'],
    ['SoftReset', 'ImmediateReset', 'ResetCommand'],
    ['UnlockCommand', 'Other', 'UnlockCommand'],
  ])('stopped by %s ended by %s, triggered by %s', (reason, stoppedReason, triggerReason) => {
    expect(event('StopTransaction', { ...stop, reason })).toEqual({
      eventType: 'Ended',
      timestamp: LATER,
      triggerReason,
      seqNo: 0,
      transactionInfo: { transactionId: TX, stoppedReason },
      evse: EVSE,
      meterValue: [{ timestamp: LATER, sampledValue: [wh(2600, 'Transaction.End')] }],
    });
  });

  test('stopped without a reason has none, and names the card that stopped it', () => {
    const ended = event('StopTransaction', { ...stop, idTag: 'OTHER' });
    expect(ended.transactionInfo).toEqual({ transactionId: TX });
    expect(ended).toMatchObject({
      triggerReason: 'StopAuthorized',
      idToken: { idToken: 'OTHER', type: 'Central' },
    });
  });

  test.each([
    ['as it stands', { value: '2600', context: 'Transaction.End' }, 1],
    ['in kWh', { value: '2.600', context: 'Transaction.End', unit: 'kWh' }, 1],
    ['of another energy', { value: '2599', context: 'Transaction.End' }, 2],
    ['of one phase', { value: '2600', context: 'Transaction.End', phase: 'L1' }, 2],
    ['of no context', { value: '2600' }, 2],
  ])('has meterStop among its values unless they have it: %s', (_, sample, count) => {
    const transactionData = [{ timestamp: LATER, sampledValue: [sample] }];
    expect(event('StopTransaction', { ...stop, transactionData }).meterValue).toHaveLength(count);
  });

  test.each([null, 'x'.repeat(37)])('that 2.0.1 cannot call %s is not told under a made-up name', (id) => {
    expect(answered('1.6', 'StartTransaction', start, facts(id))).toEqual({ error: 'InternalError' });
  });

  test('gets the verdict on its card, and number 0 for the caller to fill in', () => {
    const made = sent('1.6', 'StartTransaction', start, facts(TX));
    const group = { idToken: 'FLEET', type: 'Central' };
    const idTokenInfo = { status: 'Accepted', cacheExpiryDateTime: LATER, groupIdToken: group };
    const idTagInfo = { status: 'Accepted', expiryDate: LATER, parentIdTag: 'FLEET' };
    expect(made.answer({ idTokenInfo })).toEqual({ transactionId: 0, idTagInfo });
    expect(made.answer({})).toEqual({ transactionId: 0, idTagInfo: { status: 'Accepted' } });
    expect(sent('1.6', 'StopTransaction', stop, facts(TX)).answer({})).toEqual({});
  });

  test.each([
    ...['NoCredit', 'NotAllowedTypeEVSE', 'NotAtThisLocation', 'NotAtThisTime'].map((word) => [
      word,
      'Blocked',
    ]),
    ...['Blocked', 'ConcurrentTx', 'Expired', 'Invalid'].map((word) => [word, word]),
    ['Unknown', 'Invalid'],
  ])('whose card is %s is told %s, and never that it is accepted', (status, word) => {
    const made = sent('1.6', 'StartTransaction', start, facts(TX));
    expect(made.answer({ idTokenInfo: { status } })).toMatchObject({ idTagInfo: { status: word } });
  });
});

describe('an event of a 2.0.1 charger', () => {
  const info = { transactionId: TX };
  const event = (eventType: string, more: object = {}): Payload => ({
    eventType,
    timestamp: AT,
    triggerReason: 'Authorized',
    seqNo: 4,
    transactionInfo: info,
    evse: EVSE,
    ...more,
  });
  const card = { idToken: 'CARD', type: 'ISO14443' };
  const values = (...sampledValue: Payload[]): object => ({ meterValue: [{ timestamp: AT, sampledValue }] });

  test('that starts is a StartTransaction', () => {
    const payload = event('Started', {
      idToken: card,
      reservationId: 9,
      ...values(wh(1500, 'Transaction.Begin')),
    });
    expect(transactionEventTo16(payload, facts(null))).toEqual({
      calls: [
        {
          action: 'StartTransaction',
          payload: { connectorId: 2, idTag: 'CARD', meterStart: 1500, reservationId: 9, timestamp: AT },
        },
      ],
      lost: ['triggerReason', 'seqNo', 'idToken.type'],
    });
  });

  test('that starts without a reading has meterStart 0, and says that it is lost', () => {
    const { calls, lost } = transactionEventTo16(event('Started', { idToken: card }), facts(null));
    expect(calls[0]?.payload.meterStart).toBe(0);
    expect(lost).toContain('meterStart');
  });

  test.each([
    ['NoAuthorization is empty', { idToken: '', type: 'NoAuthorization' }, ''],
    ['NoAuthorization is empty whatever its text', { idToken: 'x', type: 'NoAuthorization' }, ''],
    ['a card keeps its case', { idToken: 'aBcD', type: 'Central' }, 'aBcD'],
  ])('names its card: %s', (_, idToken, idTag) => {
    expect(transactionEventTo16(event('Started', { idToken }), facts(null)).calls[0]?.payload.idTag).toBe(
      idTag,
    );
  });

  test('without a card has that of the facts, else none', () => {
    const idTagWith = (about: MappingFacts): unknown =>
      transactionEventTo16(event('Started'), about).calls[0]?.payload.idTag;
    expect(idTagWith(facts(null))).toBe('CARD');
    expect(idTagWith(facts(null, { idTag: null }))).toBe('');
  });

  test.each([
    ['kWh are exact where floats are not', { value: 1.005, unitOfMeasure: { unit: 'kWh' } }, 1005],
    ['a multiplier counts', { value: 4.35, unitOfMeasure: { unit: 'Wh', multiplier: 2 } }, 435],
    [
      'a multiplier of kWh too',
      { value: 8_123_456, unitOfMeasure: { unit: 'kWh', multiplier: -3 } },
      8_123_456,
    ],
    ['no unit is Wh', { value: 12 }, 12],
    ['half a Wh is rounded', { value: 12.5 }, 13],
  ])('has meterStart in Wh: %s', (_, sample, meterStart) => {
    const begin = { ...sample, context: 'Transaction.Begin' };
    const { calls } = transactionEventTo16(event('Started', values(begin)), facts(null));
    expect(calls[0]?.payload.meterStart).toBe(meterStart);
  });

  test('whose reading meterStart cannot hold in full has it as MeterValues besides', () => {
    const fraction = { ...wh(12.5, 'Transaction.Begin') };
    const { calls } = transactionEventTo16(event('Started', values(fraction)), facts(7));
    const sample = { value: '12.5', context: 'Transaction.Begin', measurand: REGISTER, unit: 'Wh' };
    expect(calls[1]).toEqual({
      action: 'MeterValues',
      payload: { connectorId: 2, transactionId: 7, meterValue: [{ timestamp: AT, sampledValue: [sample] }] },
    });
  });

  test.each([
    ['a phase', [{ value: 5, phase: 'L1' }]],
    ['exported energy', [{ value: 5, measurand: 'Energy.Active.Export.Register' }]],
    ['the inlet', [{ value: 5, location: 'Inlet' }]],
    ['power', [{ value: 5, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W' } }]],
  ])('does not take %s for the register of the outlet', (_, others) => {
    const start = event('Started', values(...others, wh(1500, 'Transaction.Begin')));
    expect(transactionEventTo16(start, facts(null)).calls[0]?.payload.meterStart).toBe(1500);
  });

  test('that only has phases starts at their sum', () => {
    const phases = ['L1', 'L2', 'L3'].map((phase) => ({ value: 0.1, phase, unitOfMeasure: { unit: 'kWh' } }));
    const { calls } = transactionEventTo16(event('Started', values(...phases)), facts(null));
    expect(calls[0]?.payload.meterStart).toBe(300);
  });

  test('that updates without values is no message', () => {
    expect(transactionEventTo16(event('Updated'), facts(7)).calls).toEqual([]);
    expect(answered('2.0.1', 'TransactionEvent', event('Updated'), facts(7))).toEqual({});
  });

  test('that updates with values is MeterValues, without the number while there is none', () => {
    const update = event('Updated', values({ value: 7 }));
    const meterValue = [{ timestamp: AT, sampledValue: [{ value: '7' }] }];
    expect(transactionEventTo16(update, facts(7)).calls).toEqual([
      { action: 'MeterValues', payload: { connectorId: 2, transactionId: 7, meterValue } },
    ]);
    expect(transactionEventTo16(update, facts(null)).calls[0]?.payload).toEqual({
      connectorId: 2,
      meterValue,
    });
  });

  test('that ends is a StopTransaction with what else was measured', () => {
    const ended = event('Ended', {
      idToken: card,
      transactionInfo: { ...info, stoppedReason: 'EVDisconnected' },
      ...values(
        { value: 230, measurand: 'Voltage', unitOfMeasure: { unit: 'V' } },
        wh(2600, 'Transaction.End'),
      ),
    });
    const sample = { value: '230', measurand: 'Voltage', unit: 'V' };
    expect(transactionEventTo16(ended, facts(7)).calls).toEqual([
      {
        action: 'StopTransaction',
        payload: {
          transactionId: 7,
          idTag: 'CARD',
          meterStop: 2600,
          timestamp: AT,
          reason: 'EVDisconnected',
          transactionData: [{ timestamp: AT, sampledValue: [sample] }],
        },
      },
    ]);
  });

  test('that ends with several readings ends with the one of its end, else with the last', () => {
    const meterStopOf = (...samples: Payload[]): unknown =>
      transactionEventTo16(event('Ended', values(...samples)), facts(7)).calls[0]?.payload.meterStop;
    expect(meterStopOf(wh(1, 'Transaction.Begin'), wh(9, 'Transaction.End'), wh(5, 'Other'))).toBe(9);
    expect(meterStopOf(wh(1, 'Transaction.Begin'), wh(5, 'Sample.Clock'))).toBe(5);
  });

  const SAME = [
    'DeAuthorized',
    'EmergencyStop',
    'EVDisconnected',
    'Local',
    'Other',
    'PowerLoss',
    'Reboot',
    'Remote',
  ];
  test.each(STOPPED_REASONS)(
    'that ended by %s has a reason of 1.6, and says if it is another one',
    (word) => {
      const reason =
        { ImmediateReset: 'HardReset', MasterPass: 'Local' }[word] ?? (SAME.includes(word) ? word : 'Other');
      const ended = event('Ended', { transactionInfo: { ...info, stoppedReason: word } });
      const { calls, lost } = transactionEventTo16(ended, facts(7));
      expect(calls[0]?.payload.reason).toBe(reason);
      expect(lost.includes('transactionInfo.stoppedReason')).toBe(reason !== word);
    },
  );

  test('says what 1.6 has no place for', () => {
    const full = event('Started', {
      offline: true,
      numberOfPhasesUsed: 3,
      cableMaxCurrent: 32,
      customData: { vendorId: 'v' },
      evse: { id: 2, connectorId: 2 },
      transactionInfo: { ...info, chargingState: 'Charging', timeSpentCharging: 1, remoteStartId: 3 },
      ...values(wh(1, 'Transaction.Begin')),
    });
    expect(transactionEventTo16(full, facts(null)).lost.toSorted()).toEqual([
      ...['cableMaxCurrent', 'customData', 'evse.connectorId', 'numberOfPhasesUsed', 'offline', 'seqNo'],
      ...[
        'transactionInfo.chargingState',
        'transactionInfo.remoteStartId',
        'transactionInfo.timeSpentCharging',
      ],
      'triggerReason',
    ]);
  });

  test('is answered by the verdict on its start or stop, however many messages it became', () => {
    const start = event(
      'Started',
      values(wh(1, 'Transaction.Begin'), { value: 6, measurand: 'Current.Import' }),
    );
    const made = sent('2.0.1', 'TransactionEvent', start, facts(7));
    expect(made.calls.map(({ action }) => action)).toEqual(['StartTransaction', 'MeterValues']);
    const verdict = { transactionId: 7, idTagInfo: { status: 'Blocked' } };
    expect(made.answer(verdict, {})).toEqual({ idTokenInfo: { status: 'Blocked' } });
    expect(made.answer({ error: 'InternalError' }, {})).toEqual({ error: 'InternalError' });
  });
});
