import { describe, expect, it } from 'vitest';
import { fillStore, readTemplate } from '../../../bench/recovery-data.ts';
import type { Json } from '../../../runtime/envelope.ts';
import type { StoredActor } from '../../../runtime/host/actor-kind.ts';
import { recoverJournal } from '../../../runtime/host/recovery.ts';
import { draftTextOf, JournalChain } from '../../../runtime/persistence/journal-chain.ts';
import { type MemoryStore, openMemoryStore } from '../../../runtime/persistence/memory-store.ts';
import type { TableName } from '../../../runtime/persistence/store.ts';
import { decodeValue, encodeRaw, encodeValue } from '../../../runtime/persistence/value-codec.ts';

const SESSION = '11111111-1111-4111-8111-111111111111';
const CLOCK = { wallMs: () => 1_000, monotonicMs: () => 10, bootId: 'boot', trust: 'trusted' } as const;
const RESTING: StoredActor = { version: 1, snapshot: { value: 'idle' }, timers: [], lastArm: 4 };

/** What a run with one charger leaves, in short. */
async function realRun(): Promise<MemoryStore> {
  const store = openMemoryStore();
  const chain = new JournalChain({ seq: 0, hash: '0'.repeat(64) });
  const put = (table: TableName, key: string, value: Json) => ({
    table,
    key,
    value: encodeValue(key, value),
  });
  const record = (body: Record<string, Json>) => {
    const { key, text } = chain.seal(draftTextOf({ charger: 'cp-0001', receivedAt: 5, ...body }));
    return { table: 'journal' as const, key, value: encodeRaw(key, text) };
  };
  await store.commit([
    put('snapshots', 'charger/cp-0001', RESTING as unknown as Json),
    put('snapshots', `session/${SESSION}`, RESTING as unknown as Json),
    put('snapshots', 'charger/cp-0002', RESTING as unknown as Json),
    put('rows', `transactions/cp-0001 ${SESSION}`, { session: SESSION }),
    record({ type: 'south.called', data: { action: 'MeterValues' } }),
    record({
      type: 'connector.statusReported',
      from: 'charger/cp-0001',
      to: 'connector/cp-0001/2',
      data: {},
    }),
  ]);
  return store;
}

function keysOf(store: MemoryStore, table: TableName): string[] {
  return [...store.range(table)].map(({ key }) => key);
}

describe('recovery data', () => {
  it('multiplies what one charger left, each copy under names of its own', async () => {
    const template = readTemplate(await realRun(), 'cp-0001');
    const store = openMemoryStore();
    const actors = await fillStore(
      store,
      template,
      { chargers: 3, outboxPerCharger: 2, journalRecords: 5 },
      CLOCK,
    );
    expect(actors).toBe(6);
    expect(keysOf(store, 'snapshots')).toEqual([
      'charger/cp-0001',
      'charger/cp-0002',
      'charger/cp-0003',
      'session/11111111-1111-4111-8111-000000000001',
      'session/11111111-1111-4111-8111-000000000002',
      'session/11111111-1111-4111-8111-000000000003',
    ]);
    expect(keysOf(store, 'outbox')).toHaveLength(6);
    expect(new Set(keysOf(store, 'rows')).size).toBe(3);
  });

  it('gives every resting actor a deadline with an arm number of its own', async () => {
    const store = openMemoryStore();
    await fillStore(
      store,
      readTemplate(await realRun(), 'cp-0001'),
      { chargers: 1, outboxPerCharger: 0, journalRecords: 0 },
      CLOCK,
    );
    const key = 'charger/cp-0001';
    const stored = decodeValue('snapshots', key, store.get('snapshots', key)!) as unknown as StoredActor;
    expect(stored.timers).toMatchObject([{ arm: 5, bootId: 'boot', dueMonotonicMs: 86_400_010 }]);
    expect(stored.lastArm).toBe(5);
  });

  it('writes a journal that the product verifies', async () => {
    const store = openMemoryStore();
    await fillStore(
      store,
      readTemplate(await realRun(), 'cp-0001'),
      { chargers: 2, outboxPerCharger: 0, journalRecords: 50 },
      CLOCK,
    );
    expect(await recoverJournal(store)).toMatchObject({ verifiedRecords: 50, chainProblem: undefined });
  });

  it('refuses a run that left no sample', async () => {
    await expect(async () => readTemplate(openMemoryStore(), 'cp-0001')).rejects.toThrow('no transaction');
  });
});
