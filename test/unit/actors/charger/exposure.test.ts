import { describe, expect, it } from 'vitest';
import type { ChargerConfig, Mode } from '../../../../actors/tells.ts';
import type { ExposureRules } from '../../../../machines/shared/exposure.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { answerIn, ChargerBench, CP, effectsIn, reasonsIn, tellsIn } from '../../../helpers/charger-bench.ts';
import { event, nextTime, registerReading, served201 } from '../../../helpers/event-bench.ts';

const HOUR_MS = 3_600_000;
const none = { maxEnergyWh: null, maxDurationMs: null };
const caps: ExposureRules = {
  caps: {
    listed: none,
    cached: { maxEnergyWh: 20_000, maxDurationMs: 4 * HOUR_MS },
    unknown: { maxEnergyWh: 5_000, maxDurationMs: null },
  },
  longOutage: {
    afterMs: 4 * HOUR_MS,
    caps: {
      listed: { maxEnergyWh: 30_000, maxDurationMs: null },
      cached: { maxEnergyWh: 3_000, maxDurationMs: HOUR_MS },
      unknown: { maxEnergyWh: 5_000, maxDurationMs: null },
    },
    rejected: ['unknown'],
  },
};
type Auth = ChargerConfig['offlineAuth'];
const auth: Auth = { localList: ['SITE-CARD'], cacheMaxAgeMs: 24 * HOUR_MS, unknownTags: 'accept', caps };

function served(mode: Mode, patch: Partial<Auth> = {}): ChargerBench {
  const bench = new ChargerBench({ offlineAuth: { ...auth, ...patch } });
  bench.serve(mode);
  return bench;
}

let count = 0;
function start(bench: ChargerBench, idTag = 'CARD-0815', connectorId = 1): BenchTurn {
  count += 1;
  const timestamp = new Date(bench.nowMs + count).toISOString();
  return bench.call('StartTransaction', { connectorId, idTag, timestamp, meterStart: 100 });
}

function meter(bench: ChargerBench, value: number): BenchTurn {
  const { transactionId } = bench.transactions.at(-1)!;
  count += 1;
  const timestamp = new Date(bench.nowMs + count).toISOString();
  const sampledValue = [{ value: String(value) }];
  return bench.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp, sampledValue }],
  });
}

/** The CPMS accepted this card a while ago. */
function seen(bench: ChargerBench, idTag: string): void {
  bench.backend('online');
  const [call] = effectsIn(bench.call('Authorize', { idTag }), 'north', 'call');
  bench.northAnswered(call!.correlation as string, 'Authorize', { idTagInfo: { status: 'Accepted' } });
}

const startN = (bench: ChargerBench) => bench.queue.findLast(({ kind }) => kind === 'start')!.n;
const verdict = (bench: ChargerBench, status: string) =>
  bench.delivered(startN(bench), { idTagInfo: { status }, transactionId: 77 });
const readings = (turn: BenchTurn) =>
  tellsIn(turn, 'session.metered').map(({ data }) => (data as { energyWh: number }).energyWh);

describe('a start that local policy answers', () => {
  it.each([
    ['SITE-CARD', undefined],
    ['CARD-SEEN', { tokenClass: 'cached', maxEnergyWh: 20_000, dueAt: 4 * HOUR_MS }],
    ['CARD-0815', { tokenClass: 'unknown', maxEnergyWh: 5_000, dueAt: null }],
  ])('with %s is capped by its class, in the turn of the start', (idTag, expected) => {
    const bench = served('online');
    seen(bench, 'CARD-SEEN');
    bench.backend('offline');
    bench.nowMs += 60_000;
    const turn = start(bench, idTag);
    const due = expected?.dueAt ? { dueAt: bench.nowMs + expected.dueAt } : {};
    const session = bench.transactions.at(-1)!.session;
    expect(tellsIn(turn, 'session.capped')).toEqual(
      expected ? [{ to: `session/${session}`, data: { ...expected, ...due } }] : [],
    );
    expect(turn.tells.map(({ type }) => type).indexOf('session.opened')).toBe(0);
    const journalled = turn.journal.filter(({ type }) => type === 'start.capped');
    expect(journalled.map(({ reason }) => reason)).toEqual(
      expected
        ? [
            {
              code: `cap.${expected.tokenClass}`,
              params: {
                maxEnergyWh: expected.maxEnergyWh,
                maxDurationMs: expected.dueAt,
                outageMs: 60_000,
              },
            },
          ]
        : [],
    );
  });

  it('is not capped where the site file has no caps', () => {
    const bench = new ChargerBench();
    bench.serve('offline');
    expect(tellsIn(start(bench), 'session.capped')).toEqual([]);
    expect(readings(meter(bench, 150))).toEqual([150]);
    expect(readings(meter(bench, 240))).toEqual([]);
  });

  it('because the CPMS is too slow is capped then, and not before', () => {
    const bench = served('online');
    expect(tellsIn(start(bench), 'session.capped')).toEqual([]);
    const turn = bench.fire('answer:');
    expect(tellsIn(turn, 'session.capped')).toMatchObject([{ data: { tokenClass: 'unknown' } }]);
    expect(reasonsIn(turn)).toContain('start.capped cap.unknown');
  });

  it('because its message is a dead letter is capped', () => {
    const bench = served('online');
    start(bench);
    expect(tellsIn(bench.dead(startN(bench)), 'session.capped')).toHaveLength(1);
  });

  it('that the CPMS answers in time is not capped', () => {
    const bench = served('online');
    start(bench);
    expect(tellsIn(verdict(bench, 'Accepted'), 'session.capped')).toEqual([]);
  });

  it('with a card that is refused here counts as unknown, should the charger not heed that', () => {
    const bench = served('offline', { unknownTags: 'reject' });
    const turn = start(bench);
    expect(answerIn(turn)).toMatchObject({ idTagInfo: { status: 'Invalid' } });
    expect(tellsIn(turn, 'session.capped')).toMatchObject([{ data: { tokenClass: 'unknown' } }]);
  });

  it('is capped once, however often it is repeated', () => {
    const bench = served('offline');
    const payload = { connectorId: 1, idTag: 'CARD-0815', timestamp: nextTime(), meterStart: 100 };
    expect(tellsIn(bench.call('StartTransaction', payload), 'session.capped')).toHaveLength(1);
    expect(tellsIn(bench.call('StartTransaction', payload), 'session.capped')).toEqual([]);
  });

  it('of a 2.0.1 charger is capped alike, and stopped by the name that the charger gave it', () => {
    const bench = served201('offline', { offlineAuth: auth });
    const idToken = { idToken: 'CARD-1', type: 'Central' };
    const meterValue = [registerReading(100, 'Transaction.Begin')];
    const turn = bench.call201('TransactionEvent', event('Started', 0, { idToken, meterValue }));
    expect(tellsIn(turn, 'session.capped')).toMatchObject([{ data: { tokenClass: 'unknown' } }]);
    expect(tellsIn(turn, 'session.opened')[0]!.data).not.toHaveProperty('isStartUnread');
    const { session } = bench.transactions[0]!;
    const stop = bench.deliver('charger.stopWanted', { session, reason: 'energyCap' });
    expect(effectsIn(stop, 'south', 'call')).toMatchObject([
      { action: 'RemoteStopTransaction', transaction: { transactionId: 'tx-1' } },
    ]);
  });

  it('of a 2.0.1 charger without a reading has the session begin at its first one', () => {
    const bench = served201('offline', { offlineAuth: auth });
    const idToken = { idToken: 'CARD-1', type: 'Central' };
    const turn = bench.call201('TransactionEvent', event('Started', 0, { idToken }));
    expect(tellsIn(turn, 'session.opened')[0]!.data).toMatchObject({ isStartUnread: true });
  });

  it('of a 2.0.1 charger that asks for no card is not capped', () => {
    const bench = served201('offline', { offlineAuth: auth });
    const idToken = { idToken: '', type: 'NoAuthorization' };
    const turn = bench.call201('TransactionEvent', event('Started', 0, { idToken }));
    expect(tellsIn(turn, 'session.opened')).toHaveLength(1);
    expect(tellsIn(turn, 'session.capped')).toEqual([]);
  });
});

describe('a long outage', () => {
  function away(ageMs: number): ChargerBench {
    const bench = served('online');
    seen(bench, 'CARD-SEEN');
    bench.backend('offline');
    bench.nowMs += ageMs;
    bench.backend('fallback');
    return bench;
  }
  const authorised = (bench: ChargerBench, idTag: string) =>
    (answerIn(bench.call('Authorize', { idTag })) as { idTagInfo: { status: string } }).idTagInfo.status;
  const capOf = (turn: BenchTurn) => tellsIn(turn, 'session.capped').map(({ data }) => data);

  it.each([
    ['a moment before', 4 * HOUR_MS - 1, 'SITE-CARD', 'Accepted', []],
    ['a moment before', 4 * HOUR_MS - 1, 'CARD-SEEN', 'Accepted', [{ maxEnergyWh: 20_000 }]],
    ['a moment before', 4 * HOUR_MS - 1, 'CARD-0815', 'Accepted', [{ maxEnergyWh: 5_000 }]],
    ['at its age', 4 * HOUR_MS, 'SITE-CARD', 'Accepted', [{ maxEnergyWh: 30_000 }]],
    ['at its age', 4 * HOUR_MS, 'CARD-SEEN', 'Accepted', [{ maxEnergyWh: 3_000 }]],
    ['at its age', 4 * HOUR_MS, 'CARD-0815', 'Invalid', [{ maxEnergyWh: 5_000 }]],
  ])('%s (%i ms): %s is %s', (_when, ageMs, idTag, status, cap) => {
    const bench = away(ageMs);
    expect(authorised(bench, idTag)).toBe(status);
    const turn = start(bench, idTag);
    expect(answerIn(turn)).toMatchObject({ idTagInfo: { status } });
    expect(capOf(turn)).toMatchObject(cap);
  });

  it('says in the journal whom it shuts out', () => {
    const turn = away(5 * HOUR_MS).call('Authorize', { idTag: 'CARD-0815' });
    expect(reasonsIn(turn)).toEqual(['authorise.decided authorise.outage']);
  });

  it('goes on while the backlog drains, and over a restart of the process', () => {
    const bench = away(5 * HOUR_MS);
    bench.restart();
    bench.configure({ offlineAuth: auth });
    bench.backend('offline');
    bench.backend('resync');
    expect(authorised(bench, 'CARD-0815')).toBe('Invalid');
  });

  it('is over when the answers of the CPMS count again', () => {
    const bench = away(5 * HOUR_MS);
    bench.backend('online');
    expect(bench.rows.has(`backendAway/${CP}`)).toBe(false);
    bench.backend('offline');
    expect(authorised(bench, 'CARD-0815')).toBe('Accepted');
  });
});

describe('the readings of a session', () => {
  it('that is capped in energy are each told, not in steps', () => {
    const bench = served('offline');
    start(bench);
    expect(readings(meter(bench, 150))).toEqual([150]);
    expect(readings(meter(bench, 160))).toEqual([160]);
    expect(readings(meter(bench, 160))).toEqual([160]);
  });

  it('are told in steps again once the CPMS took the card, and for whoever comes next', () => {
    const bench = served('offline');
    start(bench);
    verdict(bench, 'Accepted');
    meter(bench, 150);
    expect(readings(meter(bench, 160))).toEqual([]);
    const other = served('offline');
    start(other);
    start(other, 'SITE-CARD');
    meter(other, 150);
    expect(readings(meter(other, 160))).toEqual([]);
  });
});

describe('a card that the CPMS refuses after it was let in', () => {
  const answered = (turn: BenchTurn) => tellsIn(turn, 'session.startAnswered').map(({ data }) => data);

  it('is to be stopped at once where the site says nothing else', () => {
    const bench = served('offline');
    start(bench);
    expect(answered(verdict(bench, 'Invalid'))).toEqual([{ cpmsTransactionId: 77, status: 'Invalid' }]);
  });

  it.each(['Invalid', 'Blocked', 'Expired', 'ConcurrentTx'])(
    'as %s may draw an amount where the site says so, and each reading is told',
    (status) => {
      const bench = served('offline', { invalidMaxEnergyWh: 5_000 });
      start(bench, 'SITE-CARD');
      expect(answered(verdict(bench, status))).toEqual([
        { cpmsTransactionId: 77, status, maxEnergyWh: 5_000 },
      ]);
      meter(bench, 150);
      expect(readings(meter(bench, 160))).toEqual([160]);
    },
  );

  it('may not where the charger was told that the card is refused', () => {
    const refusedHere = served('offline', { invalidMaxEnergyWh: 5_000, unknownTags: 'reject' });
    start(refusedHere);
    expect(answered(verdict(refusedHere, 'Invalid'))).toEqual([{ cpmsTransactionId: 77, status: 'Invalid' }]);
    const inTime = served('online', { invalidMaxEnergyWh: 5_000 });
    start(inTime);
    expect(answered(verdict(inTime, 'Blocked'))).toEqual([{ cpmsTransactionId: 77, status: 'Blocked' }]);
  });

  it('is refused from then on', () => {
    const bench = served('offline');
    start(bench);
    verdict(bench, 'Invalid');
    expect(answerIn(bench.call('Authorize', { idTag: 'card-0815' }))).toEqual({
      idTagInfo: { status: 'Invalid' },
    });
  });
});
