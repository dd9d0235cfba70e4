import { describe, expect, it } from 'vitest';
import { BACKLOG_MAX } from '../../../../actors/charger/queue.ts';
import type { DeadRow } from '../../../../actors/tells.ts';
import { answerIn, ChargerBench, CP, tellsIn } from '../../../helpers/charger-bench.ts';

const LOCAL_ID = 2 ** 30;
const timestamp = '2026-01-01T00:10:00Z';
const start = { connectorId: 1, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 0 };
let minute = 0;

const meter = (sampledValue: Array<Record<string, string>>, more: Record<string, unknown> = {}) => ({
  connectorId: 1,
  transactionId: LOCAL_ID,
  meterValue: [{ timestamp: `2026-01-01T01:${String(++minute % 60).padStart(2, '0')}:00Z`, sampledValue }],
  ...more,
});
const currents = (...amps: number[]) =>
  amps.map((value, i) => ({
    value: String(value),
    measurand: 'Current.Import',
    phase: `L${i + 1}`,
    unit: 'A',
  }));

function charging(patch = {}): { bench: ChargerBench; session: string } {
  const bench = new ChargerBench({ managed: true, ...patch });
  bench.serve('offline');
  bench.call('StartTransaction', start);
  return { bench, session: bench.transactions[0]!.session };
}

describe('an unsigned periodic sample', () => {
  it('waits for company, moves no machine, and writes its content, its place in the queue and the next number', () => {
    const { bench } = charging();
    bench.call('MeterValues', meter([{ value: '600' }]));
    const before = JSON.stringify(bench.context);
    const rows = new Map(bench.rows);
    const turn = bench.call('MeterValues', meter([{ value: '650' }]));
    expect(answerIn(turn)).toEqual({});
    expect(turn.relaxed).toBe(true);
    expect(JSON.stringify(bench.context)).toBe(before);
    const written = [...bench.rows].filter(([key, value]) => rows.get(key) !== value).map(([key]) => key);
    expect(written.map((key) => key.split('/')[0]).sort()).toEqual(['content', 'nextN', 'north']);
    expect(turn.tells).toEqual([]);
    expect(turn.journal).toEqual([]);
  });

  it('is told on only when it moved by 100 Wh or half an ampere', () => {
    const { bench, session } = charging();
    const told = (values: Array<Record<string, string>>) => {
      const turn = bench.call('MeterValues', meter(values));
      return tellsIn(turn, 'session.metered').map(({ to, data }) => [to, data]);
    };
    const at = bench.nowMs;
    const to = `session/${session}`;
    expect(told([{ value: '600' }])).toEqual([[to, { at, energyWh: 600, currentMilliamps: null }]]);
    expect(told([{ value: '699' }])).toEqual([]);
    expect(told([{ value: '700' }])).toEqual([[to, { at, energyWh: 700, currentMilliamps: null }]]);
    expect(told(currents(6, 6, 6))).toEqual([
      [to, { at, energyWh: null, currentMilliamps: [6_000, 6_000, 6_000] }],
    ]);
    expect(told(currents(6.4, 6, 6))).toEqual([]);
    expect(told(currents(6, 6, 6.5))).toEqual([
      [to, { at, energyWh: null, currentMilliamps: [6_000, 6_000, 6_500] }],
    ]);
  });

  it('gives the budget its currents, except right after the charger is back', () => {
    const { bench } = charging();
    const turn = bench.call('MeterValues', meter(currents(6, 7, 8)));
    expect(turn.tells.find(({ type }) => type === 'budget.measured')).toMatchObject({
      to: 'budget/site',
      data: { charger: CP, connector: 1, currentMilliamps: [6_000, 7_000, 8_000], at: bench.nowMs },
      options: { delivery: 'latest', key: `measured/${CP}/1` },
    });
    bench.close();
    bench.open('s2');
    const old = bench.call('MeterValues', meter(currents(16, 16, 16)), { socketId: 's2' });
    expect(tellsIn(old, 'budget.measured')).toEqual([]);
    expect(tellsIn(old, 'session.metered')).toHaveLength(1);
  });

  it('says nothing to the budget where load management is off', () => {
    const { bench } = charging({ managed: false });
    const turn = bench.call('MeterValues', meter(currents(6, 7, 8)));
    expect(turn.tells.map(({ type }) => type)).toEqual(['session.metered']);
  });

  it('that is repeated is answered and adds nothing', () => {
    const { bench } = charging();
    const payload = meter([{ value: '600' }]);
    bench.call('MeterValues', payload, { messageId: 'a' });
    const { length } = bench.queue;
    for (const messageId of ['a', 'b']) {
      const again = bench.call('MeterValues', payload, { messageId });
      expect(answerIn(again)).toEqual({});
      expect(again.tells).toEqual([]);
    }
    expect(bench.queue).toHaveLength(length);
  });

  it('without a transaction belongs to none upstream', () => {
    const { bench } = charging();
    bench.call('MeterValues', {
      connectorId: 1,
      meterValue: [{ timestamp, sampledValue: [{ value: '5' }] }],
    });
    expect(bench.queue.at(-1)).toMatchObject({ session: null, transactionId: null });
  });

  it.each([-1, null])('of a transaction %s is a dead letter', (transactionId) => {
    const { bench } = charging();
    const { length } = bench.queue;
    const turn = bench.call('MeterValues', meter([{ value: '1' }], { transactionId }));
    expect(answerIn(turn)).toEqual({});
    expect(bench.queue).toHaveLength(length);
    expect(bench.table<DeadRow>(`dead/${CP}`)).toMatchObject([{ kind: 'meter', connector: 1 }]);
  });
});

describe('a signed sample', () => {
  it('does not wait for company, and goes upstream byte for byte', () => {
    const { bench } = charging();
    const raw =
      '{"connectorId":1, "transactionId":1073741824,"meterValue":[{"timestamp":"2026-01-01T00:10:00Z",' +
      '"sampledValue":[{"value":"OCMF|{\\"RV\\":1.50}\\u00e9","format":"SignedData"}]}]}';
    const turn = bench.call('MeterValues', raw);
    expect(turn.relaxed).toBe(false);
    expect(bench.queue.at(-1)!.raw).toBe(raw);
  });
});

describe('a backlog that is too long', () => {
  it('thins unsigned samples to one in eight, and nothing else', () => {
    const { bench } = charging();
    const next = bench.rows.get(`nextN/${CP}`) as number;
    // The oldest row stands where it stood; so many numbers later the next check finds the queue too long.
    const nextN = Math.ceil((BACKLOG_MAX + next) / 64) * 64;
    bench.rows.set(`nextN/${CP}`, nextN);
    const first = bench.call('MeterValues', meter([{ value: '1' }]));
    expect(first.journal).toMatchObject([{ type: 'queue.thinningStarted' }]);
    const { length } = bench.queue;
    const turns = Array.from({ length: 16 }, (_, i) =>
      bench.call('MeterValues', meter([{ value: String(100 * i) }])),
    );
    expect(turns.map((turn) => answerIn(turn))).toEqual(turns.map(() => ({})));
    expect(bench.queue).toHaveLength(length + 2);
    expect(turns.flatMap(({ journal }) => journal).map(({ type }) => type)).toEqual(
      Array.from({ length: 14 }, () => 'meter.thinned'),
    );
    bench.call('MeterValues', meter([{ value: '9', context: 'Transaction.End' }]));
    bench.call('MeterValues', meter([{ value: 'x', format: 'SignedData' }]));
    bench.call('StopTransaction', { transactionId: LOCAL_ID, timestamp, meterStop: 9 });
    expect(bench.queue).toHaveLength(length + 5);
  });
});
