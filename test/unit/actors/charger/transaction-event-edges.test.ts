import { describe, expect, it } from 'vitest';
import { answerIn, type ChargerBench, CP, effectsIn, reasonsIn } from '../../../helpers/charger-bench.ts';
import {
  card,
  charging201,
  event,
  nextTime,
  registerReading,
  served201,
} from '../../../helpers/event-bench.ts';

const in16 = (bench: ChargerBench, action: string) =>
  bench.queue.flatMap((row) =>
    row.in16?.action === action || (row.only === '1.6' && row.action === action)
      ? [JSON.parse(row.in16?.raw ?? row.raw)]
      : [],
  );

describe('what a CPMS of 1.6 bills', () => {
  it('plug first, then card: meterStart is the register that Started told', () => {
    const b = served201('offline');
    const t = nextTime();
    b.call201(
      'TransactionEvent',
      event('Started', 0, { meterValue: [registerReading(12_345, 'Transaction.Begin', t)] }),
    );
    b.call201('TransactionEvent', event('Updated', 1, { idToken: card }));
    expect(in16(b, 'StartTransaction').map(({ meterStart }) => meterStart)).toEqual([12_345]);
  });
  it('Ended with a card and energy, its Started lost: a CPMS of 1.6 gets a start and a stop', () => {
    const b = served201('offline');
    const t = nextTime();
    const turn = b.call201(
      'TransactionEvent',
      event('Ended', 9, { idToken: card, meterValue: [registerReading(900, 'Transaction.End', t)] }),
    );
    expect({
      starts: in16(b, 'StartTransaction').length,
      stops: in16(b, 'StopTransaction').length,
      sessions: b.transactions.length,
      journal: reasonsIn(turn),
    }).toMatchObject({ starts: 1, stops: 1 });
  });
  it('Started that arrives behind an Updated: its begin reading reaches a CPMS of 1.6, or the drop is journalled', () => {
    const b = served201('offline');
    const t = nextTime();
    b.call201('TransactionEvent', event('Updated', 1, { idToken: card }));
    b.call201(
      'TransactionEvent',
      event('Started', 0, { idToken: card, meterValue: [registerReading(5_000, 'Transaction.Begin', t)] }),
    );
    expect({
      known: b.transactions[0]!.meterStartWh,
      rows: b.queue
        .filter(({ session }) => session !== null)
        .map(({ kind, in16, only }) => [kind, in16 === null ? null : in16?.action, only]),
    }).toMatchObject({ known: 5_000 });
  });
  it('a gap in seqNo is in the journal', () => {
    const b = served201('offline');
    b.call201('TransactionEvent', event('Started', 0, { idToken: card }));
    const turn = b.call201(
      'TransactionEvent',
      event('Updated', 5, { meterValue: [registerReading(1, 'Sample.Periodic', nextTime())] }),
    );
    expect(JSON.stringify(turn.journal)).toMatch(/seq|gap/i);
  });
  it('a charger that uses an id again for a new transaction gets a new session', () => {
    const b = served201('offline');
    b.call201('TransactionEvent', event('Started', 0, { idToken: card }, { transactionId: '1' }));
    b.call201('TransactionEvent', event('Ended', 1, {}, { transactionId: '1' }));
    b.call201('TransactionEvent', event('Started', 0, { idToken: card }, { transactionId: '1' }));
    expect(b.transactions).toHaveLength(2);
  });
});

describe('answers to events', () => {
  it('a repeat of a refused second card gets the refusal again', () => {
    const b = served201('offline', {
      offlineAuth: { localList: ['CARD-1'], cacheMaxAgeMs: 1, unknownTags: 'reject' },
    });
    b.call201('TransactionEvent', event('Started', 0, { idToken: card }));
    const second = event('Updated', 1, { idToken: { idToken: 'STRANGER', type: 'Central' } });
    const first = answerIn(b.call201('TransactionEvent', second));
    expect(first).toEqual({ idTagInfo: { status: 'Invalid' } });
    expect(answerIn(b.call201('TransactionEvent', second))).toEqual(first);
  });
  it('what a CPMS of 2.0.1 answers to an Updated (running cost, verdict on a second card) reaches the charger', () => {
    const b = charging201();
    b.rows.set(`cpmsVersion/${CP}/call`, '2.0.1');
    const turn = b.call201(
      'TransactionEvent',
      event('Updated', 1, { idToken: { idToken: 'OTHER', type: 'Central' } }),
    );
    expect(effectsIn(turn, 'south', 'answer')).toEqual([]);
    const told = { totalCost: 1.25, idTokenInfo: { status: 'Blocked' } };
    const { n } = b.queue.find(({ kind }) => kind === 'event')!;
    const answers = effectsIn(b.delivered(n, told, '2.0.1'), 'south', 'answer');
    expect(answers.map(({ raw }) => JSON.parse(raw as string))).toEqual([told]);
  });
});

describe('readings and free starts', () => {
  it('Ended without a reading stops at the newest reading, not one up to 99 Wh older', () => {
    const b = served201('offline');
    b.call201(
      'TransactionEvent',
      event('Started', 0, {
        idToken: card,
        meterValue: [registerReading(100, 'Transaction.Begin', nextTime())],
      }),
    );
    b.call201(
      'TransactionEvent',
      event('Updated', 1, { meterValue: [registerReading(650, 'Sample.Periodic', nextTime())] }),
    );
    b.call201(
      'TransactionEvent',
      event('Updated', 2, { meterValue: [registerReading(740, 'Sample.Periodic', nextTime())] }),
    );
    b.call201('TransactionEvent', event('Ended', 3));
    expect(b.transactions).toMatchObject([{ meterStopWh: 740 }]);
  });
  it('a free start (NoAuthorization) is not refused while the CPMS is away and unknown cards are', () => {
    const b = served201('offline', {
      offlineAuth: { localList: [], cacheMaxAgeMs: 1, unknownTags: 'reject' },
    });
    const turn = b.call201(
      'TransactionEvent',
      event('Started', 0, { idToken: { idToken: '', type: 'NoAuthorization' } }),
    );
    expect(answerIn(turn)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
  });
  it('a transaction that was running before this site knew it reaches a CPMS of 1.6 at its end', () => {
    const b = served201('offline');
    b.call201(
      'TransactionEvent',
      event('Updated', 7, { meterValue: [registerReading(650, 'Sample.Periodic', nextTime())] }),
    );
    b.call201(
      'TransactionEvent',
      event('Ended', 8, { meterValue: [registerReading(9_000, 'Transaction.End', nextTime())] }),
    );
    expect(in16(b, 'StopTransaction')).toHaveLength(1);
  });
});

describe('status', () => {
  it('Available stands when the Ended of a finished transaction comes behind it', () => {
    const b = served201('offline');
    b.call201('TransactionEvent', event('Started', 0, { idToken: card }, { chargingState: 'Charging' }));
    b.call201('StatusNotification', {
      timestamp: nextTime(),
      connectorStatus: 'Available',
      evseId: 1,
      connectorId: 1,
    });
    const turn = b.call201('TransactionEvent', event('Ended', 1, {}));
    expect(
      turn.tells
        .filter(({ type }) => type === 'connector.statusReported')
        .map(({ data }) => (data as { status: string }).status),
    ).toEqual([]);
  });
});
