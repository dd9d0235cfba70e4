import { describe, expect, test } from 'vitest';
import { queueKey } from '../../../actors/tells.ts';
import { queueCommands } from '../../../app/queue-commands.ts';
import { queueEntries } from '../../../app/queue-entries.ts';
import type { Json } from '../../../runtime/envelope.ts';

const NOTHING = { store: { get: () => undefined, range: () => [] }, random: { uuid: () => 'id' } };
const NOW_MS = Date.UTC(2026, 2, 2, 13);

const row = (n: number, more: object = {}) => ({
  ...{ n, lane: 'history', action: 'MeterValues', raw: '{}', callId: `c${n}`, kind: 'meter', connector: 1 },
  ...{ session: 's', transactionId: 7, acceptedAt: NOW_MS - 60_000, attempts: 0, notBefore: 0 },
  ...more,
});

/** Rows as the host gives them. */
function hostWith(tables: Record<string, Array<ReturnType<typeof row>>>, inFlight: number | null = null) {
  const posted: Array<{ type: string; to: string; data: Json }> = [];
  return {
    posted,
    refusal: null as 'STORE_FAILING' | null,
    rows<T extends Json>(table: string, scan: { from?: string; limit?: number } = {}) {
      if (table === 'inFlight/cp-01')
        return [{ key: 'call', value: { n: inFlight, repeat: null, draining: null } as unknown as T }];
      return (tables[table] ?? [])
        .map((value) => ({ key: queueKey(value.n), value: value as unknown as T }))
        .filter(({ key }) => key >= (scan.from ?? ''))
        .slice(0, scan.limit);
    },
    peek: (address: string) => (address === 'link/cp-01' ? { value: {}, context: {} } : undefined),
    post(incoming: { type: string; to: string; data: Json }) {
      if (this.refusal !== null) return { refused: this.refusal };
      posted.push(incoming);
      return 'accepted' as const;
    },
  };
}

const TABLES = {
  'north/cp-01': [row(5), row(8, { attempts: 2, notBefore: NOW_MS + 4_000 })],
  'parked/cp-01': [
    row(3, {
      error: 'no answer in time',
      parkedAt: NOW_MS,
      tries: 4,
      nextTryAt: NOW_MS + 1_000,
      behind: null,
    }),
    row(4, { error: 'waits', parkedAt: NOW_MS, tries: 0, nextTryAt: NOW_MS, behind: 3 }),
  ],
  'dead/cp-01': [
    row(1, { error: 'InternalError: no', diedAt: NOW_MS, attempts: 5 }),
    row(2, { raw: '{"transactionId":-1}', error: 'foreign transaction id', diedAt: NOW_MS }),
  ],
};

describe('what is kept for the CPMS', () => {
  const page = { after: 0, limit: 100, mode: 'online' as const, nowMs: NOW_MS };

  test('is listed by number, each message in one state, with its next try', () => {
    const { items, next } = queueEntries(hostWith(TABLES, 5), 'cp-01', page);
    expect(next).toBeNull();
    expect(items.map(({ n, state, nextTryAt, behind }) => [n, state, nextTryAt, behind])).toEqual([
      [1, 'dead', null, null],
      [2, 'dead', null, null],
      [3, 'parked', '2026-03-02T13:00:01.000Z', null],
      [4, 'parked', null, 3],
      [5, 'inFlight', null, null],
      [8, 'queued', '2026-03-02T13:00:04.000Z', null],
    ]);
    expect(items[0]).toMatchObject({ ageS: 60, attempts: 5, session: 's', error: 'InternalError: no' });
  });

  test('shows nothing of what the messages say', () => {
    const { items } = queueEntries(hostWith(TABLES), 'cp-01', page);
    for (const item of items) expect(item).not.toHaveProperty('raw');
  });

  test('has nothing in flight while the link is down', () => {
    const { items } = queueEntries(hostWith(TABLES, 5), 'cp-01', { ...page, mode: 'offline' });
    expect(items.map(({ state }) => state)).not.toContain('inFlight');
  });

  test('comes in pages over all states', () => {
    const host = hostWith(TABLES);
    const pages: number[][] = [];
    for (let after: number | null = 0; after !== null; ) {
      const { items, next } = queueEntries(host, 'cp-01', { ...page, after, limit: 2 });
      pages.push(items.map(({ n }) => n));
      after = next;
    }
    expect(pages).toEqual([
      [1, 2],
      [3, 4],
      [5, 8],
    ]);
  });
});

describe('sending again', () => {
  test.each([
    ['a dead letter', 'cp-01', 1, 'accepted'],
    ['a parked message', 'cp-01', 4, 'accepted'],
    ['a message that goes up by itself', 'cp-01', 5, 'stillQueued'],
    ['a message with an id that the charger made up', 'cp-01', 2, 'neverLeaves'],
    ['a number that is not kept', 'cp-01', 7, 'unknownMessage'],
    ['a charger that is not known', 'cp-02', 1, 'unknownCharger'],
  ])('%s: %s %i is %s', (_name, charger, n, expected) => {
    const host = hostWith(TABLES);
    expect(queueCommands({ host, ...NOTHING }).resend(charger, n, 'why')).toBe(expected);
    expect(host.posted.map(({ type, to, data }) => [type, to, data])).toEqual(
      expected === 'accepted' ? [['link.resend', 'link/cp-01', { n, reason: 'why' }]] : [],
    );
  });

  test('says why the host takes no command now', () => {
    const host = hostWith(TABLES);
    host.refusal = 'STORE_FAILING';
    expect(queueCommands({ host, ...NOTHING }).resend('cp-01', 1, 'why')).toEqual({
      refused: 'busy',
      why: 'the store takes nothing',
    });
  });
});
