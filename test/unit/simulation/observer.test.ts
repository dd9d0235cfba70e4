import { describe, expect, it } from 'vitest';
import type { CpmsCall } from '../../../simulation/cpms-options.ts';
import { type DeliveryReport, observeDelivery } from '../../../simulation/observer.ts';
import type { Payload } from '../../../simulation/ocpp-j.ts';
import type { AnsweredMessage, TransactionAction } from '../../../simulation/transaction-message.ts';

const stamp = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

/** Content of one session: start, two samples, stop; upstream with the CPMS's own transaction id. */
function aSession(
  transactionId: number,
): Record<'start' | 'first' | 'second' | 'stop', [TransactionAction, Payload]> {
  const sample = (second: number): Payload => ({
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: stamp(second), sampledValue: [{ value: String(100 + second) }] }],
  });
  return {
    start: ['StartTransaction', { connectorId: 1, idTag: 'T', meterStart: 100, timestamp: stamp(0) }],
    first: ['MeterValues', sample(10)],
    second: ['MeterValues', sample(20)],
    stop: ['StopTransaction', { transactionId, meterStop: 130, timestamp: stamp(30), reason: 'Local' }],
  };
}

const CHARGER_SIDE = aSession(1_073_741_824);
const CPMS_SIDE = aSession(1);

function answered([action, payload]: [TransactionAction, Payload], answeredAtMs: number): AnsweredMessage {
  const answer = action === 'StartTransaction' ? { transactionId: 1_073_741_824 } : {};
  return { action, payload, connector: 1, transaction: 'CP-1/1', messageIds: ['c'], answeredAtMs, answer };
}

const CHARGER = {
  identity: 'CP-1',
  answered: [
    answered(CHARGER_SIDE.start, 100),
    answered(CHARGER_SIDE.first, 200),
    answered(CHARGER_SIDE.second, 300),
    answered(CHARGER_SIDE.stop, 400),
  ],
};

function arrived([action, payload]: [TransactionAction, Payload], more: Partial<CpmsCall> = {}): CpmsCall {
  const messageId =
    more.messageId ?? `${action}-${String(payload.timestamp ?? JSON.stringify(payload.meterValue))}`;
  return {
    identity: 'CP-1',
    connection: 1,
    version: '1.6',
    messageId,
    action,
    payload,
    raw: JSON.stringify([2, messageId, action, payload]),
    receivedAtMs: 1_000,
    outcome: 'result',
    answer: action === 'StartTransaction' ? { transactionId: 1, idTagInfo: { status: 'Accepted' } } : {},
    ...more,
  };
}

const { start, first, second, stop } = CPMS_SIDE;
const observe = (calls: CpmsCall[]): DeliveryReport => observeDelivery([CHARGER], calls, []);

describe('observer of deliveries', () => {
  it('finds nothing wrong where everything arrived once, in order, under the right ids', () => {
    expect(observe([arrived(start), arrived(first), arrived(second), arrived(stop)])).toMatchObject({
      accepted: 4,
      delivered: 4,
      lost: 0,
      refused: 0,
      duplicates: 0,
      permittedRepeats: 0,
      misattributed: 0,
      orderViolations: { charger: 0, transaction: 0 },
    });
  });

  it('finds a message that never arrived', () => {
    expect(observe([arrived(start), arrived(first), arrived(stop)])).toMatchObject({ delivered: 3, lost: 1 });
  });

  it('counts a message as lost that arrived with another content', () => {
    const forged: [TransactionAction, Payload] = [stop[0], { ...stop[1], meterStop: 131 }];
    expect(observe([arrived(start), arrived(first), arrived(second), arrived(forged)])).toMatchObject({
      lost: 1,
    });
  });

  it('counts a message as lost that arrived but never got an answer', () => {
    const calls = [
      arrived(start),
      arrived(first),
      arrived(second),
      arrived(stop, { outcome: 'none', answer: null }),
    ];
    expect(observe(calls)).toMatchObject({ delivered: 3, lost: 1 });
  });

  it('tells a message that the CPMS refused from a lost one', () => {
    const refused = arrived(second, { outcome: 'error', answer: null });
    const report = observe([arrived(start), arrived(first), refused, refused, arrived(stop)]);
    expect(report).toMatchObject({ delivered: 3, lost: 0, refused: 1, duplicates: 0 });
  });

  it.each([
    ['on the same connection', [arrived(first), arrived(first)]],
    ['under a new id', [arrived(first), arrived(first, { messageId: 'other', connection: 2 })]],
    ['after other messages went by', [arrived(first), arrived(second), arrived(first, { connection: 2 })]],
    [
      'twice after the same interruption',
      [arrived(first), arrived(first, { connection: 2 }), arrived(first, { connection: 2 })],
    ],
  ])('finds a duplicate that came %s', (_, calls) => {
    expect(observe([arrived(start), ...calls]).duplicates).toBe(1);
  });

  it.each([
    ['on a new connection', arrived(first), arrived(first, { connection: 2 })],
    [
      'on the same connection after no answer',
      arrived(first, { outcome: 'none', answer: null }),
      arrived(first),
    ],
  ])('permits the repeat of the message in doubt %s', (_, doubt, repeat) => {
    const report = observe([arrived(start), doubt, repeat, arrived(second), arrived(stop)]);
    expect(report).toMatchObject({ duplicates: 0, permittedRepeats: 1, lost: 0 });
  });

  it('finds messages that overtook each other', () => {
    const report = observe([arrived(start), arrived(second), arrived(first), arrived(stop)]);
    expect(report.orderViolations).toEqual({ charger: 1, transaction: 1 });
  });

  it('finds a stop and samples under a transaction that is not theirs', () => {
    const foreign = aSession(2);
    const report = observe([arrived(start), arrived(foreign.first), arrived(second), arrived(foreign.stop)]);
    expect(report).toMatchObject({ delivered: 4, misattributed: 2 });
  });

  it('tells which sessions began and ended while the CPMS was away', () => {
    const calls = [arrived(start), arrived(first), arrived(second), arrived(stop)];
    const inOutage = (fromMs: number, toMs: number | null): DeliveryReport['sessions'] =>
      observeDelivery([CHARGER], calls, [{ fromMs, toMs }]).sessions;
    expect(inOutage(50, 150)).toMatchObject({
      startedInOutage: 1,
      stoppedInOutage: 0,
      outageDeliveredAfterwards: 1,
    });
    expect(inOutage(350, null)).toMatchObject({
      startedInOutage: 0,
      stoppedInOutage: 1,
      outageDeliveredAfterwards: 1,
    });
    expect(inOutage(150, 350)).toMatchObject({
      startedInOutage: 0,
      stoppedInOutage: 0,
      outageDeliveredAfterwards: 0,
    });
  });

  it('keeps stations apart that use the same ids', () => {
    const other = arrived(start, { identity: 'CP-2' });
    expect(observe([other, other])).toMatchObject({ delivered: 0, lost: 4, duplicates: 0 });
  });

  describe('of OCPP 2.0.1', () => {
    const event = (eventType: string, second: number, more: Payload = {}): [TransactionAction, Payload] => [
      'TransactionEvent',
      { eventType, timestamp: stamp(second), transactionInfo: { transactionId: 'tx' }, ...more },
    ];
    const card = { idToken: { idToken: 'T', type: 'ISO14443' } };
    const reading = (second: number, value: number, context = 'Sample.Periodic'): Payload => ({
      meterValue: [
        {
          timestamp: stamp(second),
          sampledValue: [{ value, context, measurand: 'Energy.Active.Import.Register' }],
        },
      ],
    });
    const SAID = {
      plug: event('Started', 0, { seqNo: 0, ...reading(0, 100, 'Transaction.Begin') }),
      start: event('Updated', 1, { seqNo: 1, ...card }),
      state: event('Updated', 2, { seqNo: 2 }),
      sample: event('Updated', 10, { seqNo: 3, ...reading(10, 110) }),
      stop: event('Ended', 30, { seqNo: 4, ...reading(30, 130, 'Transaction.End') }),
    };
    const said = Object.values(SAID);
    const charger = (isTranslated: boolean) => ({
      identity: 'CP-1',
      answered: said.map((one, index) => answered(one, index)),
      isTranslated,
    });

    it('finds nothing wrong with what came as it was said, but for the mark that it was late', () => {
      const calls = said.map(([action, payload]) =>
        arrived([action, { ...payload, offline: true }], { messageId: String(payload.seqNo) }),
      );
      expect(observeDelivery([charger(false)], calls, [])).toMatchObject({
        accepted: 5,
        delivered: 5,
        duplicates: 0,
        misattributed: 0,
        orderViolations: { charger: 0, transaction: 0 },
        sessions: { started: 1, stopped: 1 },
      });
      const [last, forged] = [calls.at(-1)!, { seqNo: 9 }];
      const changed = { ...last, payload: { ...last.payload, ...forged } };
      expect(observeDelivery([charger(false)], [...calls.slice(0, -1), changed], []).lost).toBe(1);
    });

    it('knows it again in the words of 1.6, and misses nothing that 1.6 has no word for', () => {
      const sampledValue = [
        { value: '110', context: 'Sample.Periodic', measurand: 'Energy.Active.Import.Register' },
      ];
      const calls = [
        arrived(['StartTransaction', { connectorId: 1, idTag: 'T', meterStart: 100, timestamp: stamp(1) }]),
        arrived([
          'MeterValues',
          { connectorId: 1, transactionId: 1, meterValue: [{ timestamp: stamp(10), sampledValue }] },
        ]),
        arrived(['StopTransaction', { transactionId: 1, meterStop: 130, timestamp: stamp(30) }]),
      ];
      const observed = (which: CpmsCall[]): DeliveryReport => observeDelivery([charger(true)], which, []);
      expect(observed(calls)).toMatchObject({ accepted: 3, delivered: 3, lost: 0, misattributed: 0 });
      expect(observed(calls.slice(0, 2)).lost).toBe(1);
      const foreign = { ...calls[2]!, payload: { ...calls[2]!.payload, transactionId: 2 } };
      expect(observed([...calls.slice(0, 2), foreign]).misattributed).toBe(1);
    });

    it('is what a charger of 1.6 said, translated', () => {
      const meterValue = (second: number, value: string): Payload => ({
        connectorId: 1,
        meterValue: [
          {
            timestamp: stamp(second),
            sampledValue: [
              { value, context: 'Sample.Periodic', measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
            ],
          },
        ],
      });
      const stopped = { transactionId: 7, meterStop: 130, timestamp: stamp(30), reason: 'Local' };
      const answeredIn16 = [
        answered(
          ['StartTransaction', { connectorId: 1, idTag: 'T', meterStart: 100, timestamp: stamp(1) }],
          1,
        ),
        answered(['MeterValues', meterValue(10, '110.0')], 2),
        answered(['StopTransaction', stopped], 3),
      ];
      const trace = { identity: 'CP-1', answered: answeredIn16, isTranslated: true };
      const calls = [SAID.start, SAID.sample, SAID.stop].map((one) =>
        arrived(one, { messageId: String(one[1].seqNo) }),
      );
      expect(observeDelivery([trace], calls, [])).toMatchObject({
        accepted: 3,
        delivered: 3,
        lost: 0,
        misattributed: 0,
        sessions: { started: 1, stopped: 1 },
      });
      expect(observeDelivery([trace], [...calls, calls[1]!], []).duplicates).toBe(1);
    });
  });
});
