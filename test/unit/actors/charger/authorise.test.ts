import { describe, expect, it } from 'vitest';
import { answerIn, ChargerBench, effectsIn } from '../../../helpers/charger-bench.ts';

const DAY_MS = 24 * 3_600_000;

interface Case {
  says: string;
  /** What the CPMS answered earlier, and how long ago. */
  seen?: { status: string; expiryDate?: string; ageMs?: number };
  unknownTags?: 'accept' | 'reject';
  idTag?: string;
  status: string;
  ground: string;
}

const cases: Case[] = [
  { says: 'on the list of the site', idTag: 'SITE-CARD', status: 'Accepted', ground: 'localList' },
  {
    says: 'on the list of the site, in other case',
    idTag: 'site-Card',
    status: 'Accepted',
    ground: 'localList',
  },
  {
    says: 'on the list of the site and unknown to the CPMS',
    idTag: 'SITE-CARD',
    seen: { status: 'Invalid' },
    status: 'Accepted',
    ground: 'localList',
  },
  {
    says: 'on the list of the site and blocked by the CPMS since',
    idTag: 'SITE-CARD',
    seen: { status: 'Blocked' },
    status: 'Blocked',
    ground: 'cache',
  },
  { says: 'accepted by the CPMS lately', seen: { status: 'Accepted' }, status: 'Accepted', ground: 'cache' },
  {
    says: 'accepted by the CPMS too long ago',
    seen: { status: 'Accepted', ageMs: DAY_MS + 1 },
    status: 'Invalid',
    ground: 'policy',
  },
  {
    says: 'accepted by the CPMS until a time that is over',
    seen: { status: 'Accepted', expiryDate: '2026-01-01T00:00:10Z', ageMs: 10_000 },
    status: 'Expired',
    ground: 'cache',
  },
  {
    says: 'refused by the CPMS, however long ago',
    seen: { status: 'Invalid', ageMs: 80 * DAY_MS },
    unknownTags: 'accept',
    status: 'Invalid',
    ground: 'cache',
  },
  {
    says: 'busy elsewhere when the CPMS was asked',
    seen: { status: 'ConcurrentTx' },
    unknownTags: 'accept',
    status: 'Accepted',
    ground: 'policy',
  },
  {
    says: 'unknown, where unknown ones are let in',
    unknownTags: 'accept',
    status: 'Accepted',
    ground: 'policy',
  },
  { says: 'unknown, where unknown ones are not let in', status: 'Invalid', ground: 'policy' },
];

describe('without the CPMS, a card', () => {
  it.each(cases)('$says is $status on the ground of $ground', (row) => {
    const { seen, unknownTags = 'reject', idTag = 'CARD-0815', status, ground } = row;
    const bench = new ChargerBench({
      offlineAuth: { localList: ['SITE-CARD'], cacheMaxAgeMs: DAY_MS, unknownTags },
    });
    bench.serve('online');
    if (seen) {
      const { ageMs = 0, ...info } = seen;
      const [call] = effectsIn(bench.call('Authorize', { idTag }), 'north', 'call');
      bench.northAnswered(call!.correlation as string, 'Authorize', { idTagInfo: info });
      bench.nowMs += ageMs;
    }
    bench.backend('fallback');
    const turn = bench.call('Authorize', { idTag });
    expect(answerIn(turn)).toEqual({ idTagInfo: { status } });
    const masked = `${idTag.slice(0, 2)}…${idTag.slice(-2)}`;
    expect(turn.journal).toEqual([
      {
        type: 'authorise.decided',
        reason: { code: `authorise.${ground}`, params: { idTag: masked, status, cause: 'backendAway' } },
      },
    ]);
  });

  it('whose verdict came after the deadline is known the next time', () => {
    const bench = new ChargerBench();
    bench.serve('online');
    const [call] = effectsIn(bench.call('Authorize', { idTag: 'CARD-0815' }), 'north', 'call');
    const overdue = bench.fire('answer:');
    expect(answerIn(overdue)).toEqual({ idTagInfo: { status: 'Accepted' } });
    const late = bench.northAnswered(call!.correlation as string, 'Authorize', {
      idTagInfo: { status: 'Blocked' },
    });
    expect(late.effects).toEqual([]);
    expect(late.journal[0]).toMatchObject({ type: 'authorise.lateVerdict' });
    bench.backend('offline');
    expect(answerIn(bench.call('Authorize', { idTag: 'card-0815' }))).toEqual({
      idTagInfo: { status: 'Blocked' },
    });
  });

  it('that refuses a Start still lets it be queued, as it has happened', () => {
    const bench = new ChargerBench({
      offlineAuth: { localList: [], cacheMaxAgeMs: DAY_MS, unknownTags: 'reject' },
    });
    bench.serve('offline');
    const start = { connectorId: 1, idTag: 'CARD-0815', timestamp: '2026-01-01T00:00:00Z', meterStart: 0 };
    expect(answerIn(bench.call('StartTransaction', start))).toEqual({
      idTagInfo: { status: 'Invalid' },
      transactionId: 2 ** 30,
    });
    expect(bench.queue.map(({ kind }) => kind)).toContain('start');
  });
});
