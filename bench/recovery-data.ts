import type { Clock } from '../runtime/clock.ts';
import type { Json } from '../runtime/envelope.ts';
import type { StoredActor, StoredTimer } from '../runtime/host/actor-kind.ts';
import { draftTextOf, JournalChain } from '../runtime/persistence/journal-chain.ts';
import type { Store, StoreWrite, TableName } from '../runtime/persistence/store.ts';
import { decodeRaw, encodeRaw } from '../runtime/persistence/value-codec.ts';
import { chargerName } from './generator/charger-name.ts';

/** How much a data folder for the recovery measurement holds. */
export interface RecoverySize {
  chargers: number;
  outboxPerCharger: number;
  journalRecords: number;
}

/** One charger of a real run, as text: its actors, its rows, one tell under way and one journal record. */
export interface ChargerTemplate {
  name: string;
  session: string;
  snapshots: Entry[];
  rows: Entry[];
  tell: string;
  record: Record<string, Json>;
}

type SeedClock = Pick<Clock, 'wallMs' | 'monotonicMs' | 'bootId' | 'trust'>;

interface Entry {
  key: string;
  text: string;
}

const WRITES_PER_COMMIT = 2_000;
const DAY_MS = 86_400_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;

/** Reads charger `name`, in whose transaction samples were taken, out of the store of a real run. */
export function readTemplate(store: Store, name: string): ChargerTemplate {
  const rows = entriesOf(store, 'rows').filter(({ key, text }) => `${key} ${text}`.includes(name));
  const session = UUID.exec(rows.find(({ key }) => key.startsWith('transactions/'))?.key ?? '')?.[0];
  if (!session) throw new Error(`${name} has no transaction`);
  const snapshots = entriesOf(store, 'snapshots').filter(
    ({ key }) => key.includes(name) || key.includes(session),
  );
  const journal = entriesOf(store, 'journal').map(({ text }) => JSON.parse(text) as Record<string, Json>);
  const record = journal.find(
    (entry) => JSON.stringify(entry).includes(`MeterValues`) && entry.charger === name,
  );
  const told = journal.find((entry) => entry.type === 'connector.statusReported' && entry.charger === name);
  if (!record || !told) throw new Error(`${name} left no sample or no status in the journal`);
  const { seq: _, prev: __, ...body } = record;
  return { name, session, snapshots, rows, tell: tellOf(told), record: body };
}

/** Fills an empty store with that many chargers like the template. Returns the number of actors. */
export async function fillStore(
  store: Store,
  template: ChargerTemplate,
  size: RecoverySize,
  clock: SeedClock,
): Promise<number> {
  const writer = new BatchWriter(store);
  for (let no = 1; no <= size.chargers; no++) {
    const clone = (text: string): string => renamed(text, template, no);
    for (const { key, text } of template.rows) await writer.put('rows', clone(key), clone(text));
    for (const { key, text } of template.snapshots)
      await writer.put('snapshots', clone(key), withTimer(clone(text), clock));
    for (let index = 0; index < size.outboxPerCharger; index++) {
      const id = `seed-${String(no).padStart(6, '0')}-${index}`;
      await writer.put('outbox', id, clone(template.tell).replaceAll('SEED-ID', id));
    }
  }
  const chain = new JournalChain({ seq: 0, hash: '0'.repeat(64) });
  const body = JSON.stringify(template.record);
  for (let index = 0; index < size.journalRecords; index++) {
    const record = JSON.parse(renamed(body, template, (index % size.chargers) + 1)) as Record<string, Json>;
    const { key, text } = chain.seal(draftTextOf({ ...record, id: `seed-${index}` }));
    await writer.put('journal', key, text);
  }
  await writer.flush();
  return size.chargers * template.snapshots.length;
}

function entriesOf(store: Store, table: TableName): Entry[] {
  return [...store.range(table)].map(({ key, value }) => ({ key, text: decodeRaw(table, key, value) }));
}

function renamed(text: string, { name, session }: ChargerTemplate, no: number): string {
  const digits = String(no).padStart(12, '0');
  return text.replaceAll(name, chargerName(no)).replaceAll(session, session.slice(0, -12) + digits);
}

/** A journalled tell back in the form in which it waits in the outbox. */
function tellOf(record: Record<string, Json>): string {
  const { seq: _, prev: __, ...envelope } = record;
  return JSON.stringify({ envelope: { ...envelope, id: 'SEED-ID' }, delivery: 'ordered', latestKey: null });
}

/** An actor that rests without a deadline gets one for tomorrow: re-arming it costs what any other costs. */
function withTimer(text: string, clock: SeedClock): string {
  const stored = JSON.parse(text) as StoredActor;
  if (stored.timers.length > 0) return text;
  const timer: StoredTimer = {
    timerId: 'bench.tomorrow',
    arm: stored.lastArm + 1,
    delayMs: DAY_MS,
    dueWallMs: clock.wallMs() + DAY_MS,
    dueMonotonicMs: clock.monotonicMs() + DAY_MS,
    clockTrust: clock.trust,
    bootId: clock.bootId,
    event: { type: 'bench.tomorrow' },
  };
  return JSON.stringify({ ...stored, lastArm: timer.arm, timers: [timer] });
}

class BatchWriter {
  readonly #store: Store;
  #writes: StoreWrite[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  async put(table: TableName, key: string, text: string): Promise<void> {
    this.#writes.push({ table, key, value: encodeRaw(key, text) });
    if (this.#writes.length >= WRITES_PER_COMMIT) await this.flush();
  }

  async flush(): Promise<void> {
    await this.#store.commit(this.#writes);
    this.#writes = [];
  }
}
