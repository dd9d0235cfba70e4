import { describe, expect, it } from 'vitest';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { answerIn, answersIn, ChargerBench, CP, effectsIn, tellsIn } from '../../../helpers/charger-bench.ts';

const TX = 'tx-1';
const card = { idToken: 'CARD-1', type: 'Central' };
let second = 0;

const at = (): string =>
  `2026-01-01T02:${String(Math.floor(++second / 60) % 60).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.000Z`;
const register = (value: number, context: string) => ({
  sampledValue: [{ value, context, measurand: 'Energy.Active.Import.Register' }],
});

/** Messages of one transaction of a 2.0.1 charger. */
class Events {
  readonly bench: ChargerBench;
  readonly id: string;
  seqNo = 0;

  constructor(bench: ChargerBench, id = TX) {
    this.bench = bench;
    this.id = id;
  }

  send(eventType: string, more: Record<string, unknown> = {}): BenchTurn {
    return this.bench.call201('TransactionEvent', this.event(eventType, more));
  }

  event(
    eventType: string,
    { chargingState, ...more }: Record<string, unknown> = {},
  ): Record<string, unknown> {
    const timestamp = at();
    const readings = more.meterValue as object[] | undefined;
    if (readings) more.meterValue = readings.map((one) => ({ ...one, timestamp }));
    return {
      eventType,
      timestamp,
      triggerReason: 'Authorized',
      seqNo: this.seqNo++,
      transactionInfo: { transactionId: this.id, ...(chargingState ? { chargingState } : {}) },
      evse: { id: 1, connectorId: 1 },
      ...more,
    };
  }
}

function served(mode: 'online' | 'offline' = 'offline', patch = {}): { bench: ChargerBench; events: Events } {
  const bench = new ChargerBench(patch);
  bench.serve201(mode);
  return { bench, events: new Events(bench) };
}

const forms = (bench: ChargerBench) =>
  bench.queue
    .filter(({ session }) => session !== null)
    .map(({ kind, action, in16, only }) => [
      kind,
      action,
      in16 === null ? null : (in16?.action ?? '-'),
      only ?? '-',
    ]);

describe('a transaction of a 2.0.1 charger, the CPMS away', () => {
  it('is one session, each message in both forms behind the one before', () => {
    const { bench, events } = served();
    expect(
      answerIn(events.send('Started', { idToken: card, meterValue: [register(100, 'Transaction.Begin')] })),
    ).toMatchObject({
      idTagInfo: { status: 'Accepted' },
    });
    expect(answerIn(events.send('Updated', { meterValue: [register(600, 'Sample.Periodic')] }))).toEqual({});
    expect(answerIn(events.send('Updated'))).toEqual({});
    expect(answerIn(events.send('Ended', { meterValue: [register(900, 'Transaction.End')] }))).toEqual({});
    expect(forms(bench)).toEqual([
      ['start', 'TransactionEvent', 'StartTransaction', '-'],
      ['meter', 'TransactionEvent', 'MeterValues', '-'],
      ['event', 'TransactionEvent', null, '-'],
      ['stop', 'TransactionEvent', 'StopTransaction', '-'],
    ]);
    expect(
      bench.queue.filter(({ session }) => session !== null).every(({ offline }) => offline === true),
    ).toBe(true);
    expect(bench.transactions).toMatchObject([
      { connector: 1, idTag: 'CARD-1', eventId: TX, meterStartWh: 100, meterStopWh: 900, state: 'stopped' },
    ]);
    const own = bench.transactions[0]!.transactionId;
    const ids = bench.queue.flatMap(({ in16 }) => (in16 ? [JSON.parse(in16.raw).transactionId] : []));
    expect(ids.filter((id) => id !== undefined)).toEqual([own, own]);
  });

  it.each(['Started', 'Updated', 'Ended'])(
    'takes a repeated %s under a new message id for what it is',
    (repeatedType) => {
      const { bench, events } = served();
      const sent = new Map(
        ['Started', 'Updated', 'Ended'].map((type) => [
          type,
          events.event(type, type === 'Started' ? { idToken: card } : {}),
        ]),
      );
      for (const event of sent.values()) bench.call201('TransactionEvent', event);
      const before = bench.queue.length;
      const turn = bench.call201('TransactionEvent', sent.get(repeatedType)!);
      expect(answersIn(turn)).toHaveLength(1);
      expect(bench.queue).toHaveLength(before);
      expect(bench.transactions).toHaveLength(1);
    },
  );

  it('begins with the card when the plug came first; 1.6 hears nothing of it before', () => {
    const { bench, events } = served();
    expect(answerIn(events.send('Started', { chargingState: 'EVConnected' }))).toEqual({});
    expect(bench.transactions).toEqual([]);
    expect(answerIn(events.send('Updated', { idToken: card, chargingState: 'Charging' }))).toMatchObject({
      idTagInfo: { status: 'Accepted' },
    });
    events.send('Ended');
    expect(forms(bench)).toEqual([
      ['event', 'TransactionEvent', null, '-'],
      ['start', 'TransactionEvent', 'StartTransaction', '-'],
      ['stop', 'TransactionEvent', 'StopTransaction', '-'],
    ]);
    expect(
      new Set(bench.queue.filter(({ session }) => session !== null).map(({ session }) => session)).size,
    ).toBe(1);
    expect(bench.table(`pendingEvents/${CP}`)).toEqual([]);
  });

  it('that ends before any card was shown is no session, and leaves nothing behind', () => {
    const { bench, events } = served();
    events.send('Started');
    events.send('Ended');
    expect(bench.transactions).toEqual([]);
    expect(forms(bench).map(([, , in16]) => in16)).toEqual([null, null]);
    expect(bench.table(`pendingEvents/${CP}`)).toEqual([]);
  });

  it('whose Started was lost opens with the first message that brings the card', () => {
    const { bench, events } = served();
    events.seqNo = 4;
    const turn = events.send('Updated', { idToken: card, meterValue: [register(500, 'Sample.Periodic')] });
    expect(turn.journal.map(({ type }) => type)).toContain('event.startMissing');
    expect(bench.transactions).toMatchObject([{ eventId: TX, state: 'open' }]);
    expect(forms(bench)[0]).toEqual(['start', 'TransactionEvent', 'StartTransaction', '-']);
  });

  it('that ends without a reading ends with the newest one known', () => {
    const { bench, events } = served();
    events.send('Started', { idToken: card, meterValue: [register(100, 'Transaction.Begin')] });
    events.send('Updated', { meterValue: [register(700, 'Sample.Periodic')] });
    events.send('Ended');
    expect(bench.transactions).toMatchObject([{ meterStopWh: 700 }]);
  });

  it('is not mixed up with a number of 1.6 that reads the same', () => {
    const { bench } = served();
    const numbered = new Events(bench, String(2 ** 30));
    numbered.send('Started', { idToken: card });
    const other = new Events(bench, 'other');
    other.send('Updated', { meterValue: [register(5, 'Sample.Periodic')] });
    expect(bench.transactions).toHaveLength(1);
    expect(bench.transactions[0]!.transactionId).toBe(2 ** 30);
  });
});

describe('a transaction of a 2.0.1 charger, the CPMS there', () => {
  it('waits for the verdict of a CPMS of 2.0.1, and hands it on as it came', () => {
    const { bench, events } = served('online');
    const started = events.send('Started', { idToken: card });
    expect(answersIn(started)).toEqual([]);
    const start = bench.queue.find(({ kind }) => kind === 'start')!;
    const verdict = '{ "idTokenInfo":{"status":"Accepted"}, "totalCost": 1.0 }';
    const turn = bench.delivered(start.n, verdict, '2.0.1');
    expect(effectsIn(turn, 'south', 'answer')).toMatchObject([{ raw: verdict, version: '2.0.1' }]);
    const { session, transactionId } = bench.transactions[0]!;
    expect(bench.transactions[0]).toMatchObject({ cpmsTransactionId: transactionId });
    expect(tellsIn(turn, 'session.startAnswered')).toEqual([
      { to: `session/${session}`, data: { cpmsTransactionId: transactionId, status: 'Accepted' } },
    ]);
    const again = bench.call201('TransactionEvent', JSON.parse(start.raw));
    expect(effectsIn(again, 'south', 'answer')).toMatchObject([{ raw: verdict, version: '2.0.1' }]);
  });

  it('takes the verdict of a CPMS of 1.6, whose number stays with the session', () => {
    const { bench, events } = served('online');
    events.send('Started', { idToken: card });
    const start = bench.queue.find(({ kind }) => kind === 'start')!;
    const own = bench.transactions[0]!.transactionId;
    const turn = bench.delivered(start.n, { transactionId: 42, idTagInfo: { status: 'Accepted' } });
    expect(answerIn(turn)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    expect(bench.transactions[0]).toMatchObject({ cpmsTransactionId: 42, transactionId: own });
  });

  it.each([
    ['NotAtThisTime', 'Blocked'],
    ['Unknown', 'Invalid'],
    ['Blocked', 'Blocked'],
  ])('refused as %s is refused as %s in the words of the session', (said, heard) => {
    const { bench, events } = served('online');
    events.send('Started', { idToken: card });
    const start = bench.queue.find(({ kind }) => kind === 'start')!;
    const turn = bench.delivered(start.n, { idTokenInfo: { status: said } }, '2.0.1');
    expect(tellsIn(turn, 'session.startAnswered')).toMatchObject([{ data: { status: heard } }]);
  });
});

describe('what a 2.0.1 charger says of its connectors', () => {
  it.each([
    ['Charging', 'Charging'],
    ['SuspendedEV', 'SuspendedEV'],
    ['SuspendedEVSE', 'SuspendedEVSE'],
    ['EVConnected', 'Preparing'],
  ])('with the car %s is told a CPMS of 1.6 as %s, once', (chargingState, status) => {
    const { bench, events } = served();
    bench.call201('StatusNotification', {
      timestamp: at(),
      connectorStatus: 'Occupied',
      evseId: 1,
      connectorId: 1,
    });
    events.send('Started', { idToken: card, chargingState });
    events.send('Updated', { chargingState });
    const statuses = bench.queue.filter(({ lane, connector }) => lane === 'status' && connector === 1);
    const in16 = statuses.map(({ in16: form, raw }) => JSON.parse(form?.raw ?? raw).status);
    expect(in16).toEqual(status === 'Preparing' ? ['Preparing'] : ['Preparing', status]);
    expect(statuses.map(({ only }) => only)).toEqual(
      status === 'Preparing' ? [undefined] : [undefined, '1.6'],
    );
  });

  it('stays Faulted until the charger itself says otherwise', () => {
    const { bench, events } = served();
    events.send('Started', { idToken: card, chargingState: 'Charging' });
    bench.call201('StatusNotification', {
      timestamp: at(),
      connectorStatus: 'Faulted',
      evseId: 1,
      connectorId: 1,
    });
    const turn = events.send('Updated', { chargingState: 'SuspendedEVSE' });
    expect(tellsIn(turn, 'connector.statusReported')).toEqual([]);
  });
});
