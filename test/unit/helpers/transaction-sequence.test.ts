import { describe, expect, test } from 'vitest';
import {
  faultsIn,
  type SeenCall,
  type TransactionStory,
} from '../../helpers/versions/transaction-sequence.ts';

const SIGNED = 'OCMF|{"RD":[{"RV":1200.50}]}|{"SD":"30\\u00e4"}';
const at = (minute: number): string => `2026-11-25T10:${String(minute).padStart(2, '0')}:00.000Z`;

function story(minute: number, wh: number): TransactionStory {
  return {
    idTag: 'TAG1',
    startedAt: at(minute),
    startWh: wh,
    samples: [
      { at: at(minute + 1), wh: wh + 100 },
      { at: at(minute + 2), signed: SIGNED },
    ],
    stoppedAt: at(minute + 3),
    stopWh: wh + 300,
    offline: [false, false, true, true],
  };
}

const TOLD = [story(0, 1_000), story(10, 2_000)];

function calls16({ idTag, startedAt, startWh, samples, stoppedAt, stopWh }: TransactionStory): SeenCall[] {
  const transactionId = startWh / 1_000;
  const idTagInfo = { status: 'Accepted' };
  return [
    {
      action: 'StartTransaction',
      payload: { connectorId: 1, idTag, meterStart: startWh, timestamp: startedAt },
      answer: { transactionId, idTagInfo },
    },
    ...samples.map(({ at: timestamp, wh, signed }) => {
      const sampled = signed ? { value: signed, format: 'SignedData' } : { value: `${wh}` };
      const meterValue = [{ timestamp, sampledValue: [sampled] }];
      return { action: 'MeterValues', payload: { connectorId: 1, transactionId, meterValue }, answer: {} };
    }),
    {
      action: 'StopTransaction',
      payload: { transactionId, meterStop: stopWh, timestamp: stoppedAt, idTag },
      answer: {},
    },
  ];
}

function calls201(told: TransactionStory): SeenCall[] {
  const measurand = 'Energy.Active.Import.Register';
  const event = (seqNo: number, timestamp: string, sampled: object, more: object): SeenCall => ({
    action: 'TransactionEvent',
    payload: {
      eventType: 'Updated',
      triggerReason: 'MeterValuePeriodic',
      timestamp,
      seqNo,
      offline: told.offline[seqNo],
      transactionInfo: { transactionId: `tx-${told.startWh}` },
      meterValue: [{ timestamp, sampledValue: [{ measurand, ...sampled }] }],
      ...more,
    },
    answer: {},
  });
  const idToken = { idToken: told.idTag, type: 'Central' };
  const signing = { signingMethod: '', encodingMethod: 'OCMF', publicKey: '' };
  const last = told.samples.length + 1;
  return [
    event(
      0,
      told.startedAt,
      { value: told.startWh, context: 'Transaction.Begin' },
      { eventType: 'Started', idToken },
    ),
    ...told.samples.map(({ at: timestamp, wh, signed }, index) =>
      event(
        index + 1,
        timestamp,
        signed ? { value: 0, signedMeterValue: { signedMeterData: signed, ...signing } } : { value: wh },
        {},
      ),
    ),
    event(last, told.stoppedAt, { value: told.stopWh, context: 'Transaction.End' }, { eventType: 'Ended' }),
  ];
}

const without = (index: number) => (seen: SeenCall[]) => seen.filter((_, place) => place !== index);
const twice = (index: number) => (seen: SeenCall[]) => seen.toSpliced(index, 0, seen[index]!);
const swapped = (index: number) => (seen: SeenCall[]) =>
  seen.toSpliced(index, 2, seen[index + 1]!, seen[index]!);
const changed = (index: number, from: string, to: string) => (seen: SeenCall[]) => {
  const text = JSON.stringify(seen[index]);
  if (!text.includes(from)) throw new Error(`nothing to plant in ${text}`);
  return seen.with(index, JSON.parse(text.replace(from, to)) as SeenCall);
};
const lostByte = changed(2, '1200.50', '1200.5');

/** Both versions: call 0 starts, 1 and 2 are samples, 3 stops; then the second transaction. */
const IN_BOTH: Array<[string, (seen: SeenCall[]) => SeenCall[], RegExp]> = [
  ['a missing start', without(0), /without its StartTransaction|came Updated/],
  ['a missing sample', without(1), /samples: expected/],
  ['a missing stop', without(3), /has no StopTransaction|came Started Updated Updated$/],
  ['a missing last stop', without(7), /has no StopTransaction|came Started Updated Updated$/],
  ['a doubled start', twice(0), /came twice|came Started Started/],
  ['a doubled sample', twice(1), /samples: expected/],
  ['a doubled stop', twice(3), /behind its StopTransaction|Ended Ended/],
  ['samples in the wrong order', swapped(1), /samples: expected/],
  ['a stop before the last sample', swapped(2), /behind its StopTransaction|Ended Updated/],
  ['a start before the stop of the one before', swapped(3), /before the (Stop|Ended)/],
  ['a transaction that was lost', (seen) => seen.slice(0, 4), /2 transactions happened, 1 were heard/],
  [
    'transactions in the wrong order',
    (seen) => [...seen.slice(4), ...seen.slice(0, 4)],
    /transaction 1, startedAt/,
  ],
  ['a lost signed byte', lostByte, /samples: expected/],
  ['another start time', changed(0, at(0), at(1)), /startedAt/],
  ['another stop time', changed(3, at(3), at(4)), /stoppedAt/],
  ['another start reading', changed(0, '1000', '1001'), /startWh/],
  ['another stop reading', changed(3, '1300', '1301'), /stopWh/],
  ['another token', changed(0, 'TAG1', 'TAG2'), /idTag/],
  ['a payload that breaks the schema', changed(3, '"timestamp":', '"time":'), /must/],
];

describe.each([
  ['1.6', TOLD.flatMap(calls16)],
  ['2.0.1', TOLD.flatMap(calls201)],
] as const)('transactions as a CPMS of %s hears them', (version, seen) => {
  test('have no fault when they are whole', () => {
    expect(faultsIn(version, seen, TOLD)).toEqual([]);
  });

  test.each(IN_BOTH)('%s is found', (_name, plant, expected) => {
    const faults = faultsIn(version, plant([...seen]), TOLD);
    expect(faults.filter((fault) => expected.test(fault))).not.toEqual([]);
  });
});

describe('a fault of 1.6 alone is found', () => {
  test.each<[string, (seen: SeenCall[]) => SeenCall[], RegExp]>([
    [
      'a stop of an unknown transaction',
      changed(3, '"transactionId":1', '"transactionId":9'),
      /transaction 9/,
    ],
    ['a sample of the other transaction', changed(6, '"transactionId":2', '"transactionId":1'), /behind/],
    ['a stop by another token', changed(3, 'TAG1', 'TAG2'), /idTag expected TAG1, came TAG2/],
  ])('%s', (_name, plant, expected) => {
    const faults = faultsIn('1.6', plant(TOLD.flatMap(calls16)), TOLD);
    expect(faults.filter((fault) => expected.test(fault))).not.toEqual([]);
  });
});

describe('a fault of 2.0.1 alone is found', () => {
  test.each<[string, (seen: SeenCall[]) => SeenCall[], RegExp]>([
    ['a gap in seqNo', changed(3, '"seqNo":3', '"seqNo":4'), /seqNo expected 0 to 3, came 0 1 2 4/],
    ['a seqNo that comes twice', changed(2, '"seqNo":2', '"seqNo":1'), /seqNo expected 0 to 3, came 0 1 1 3/],
    ['an offline flag that is missing', changed(2, '"offline":true', '"offline":false'), /offline/],
    ['an offline flag too many', changed(0, '"offline":false', '"offline":true'), /offline/],
    ['a changed transactionId', changed(3, 'tx-1000', 'tx-1001'), /3 were heard/],
  ])('%s', (_name, plant, expected) => {
    const faults = faultsIn('2.0.1', plant(TOLD.flatMap(calls201)), TOLD);
    expect(faults.filter((fault) => expected.test(fault))).not.toEqual([]);
  });
});
