import { mkdir, open as openFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb';
import type { Clock } from '../clock.ts';
import { dropBallast, makeBallast } from './ballast.ts';
import { assertRoom, DamagedFile, faultFrom, isDamage, readFault } from './lmdb-faults.ts';
import { inspectLmdbFile, quarantineLmdbFile, syncFolder, walkFile } from './lmdb-file.ts';
import { type RangeOptions, type Store, StoreFault, type StoreWrite, type TableName } from './store.ts';
import { assertStoreKey, isStoreKey } from './store-key.ts';

const TABLES: readonly TableName[] = ['meta', 'snapshots', 'outbox', 'journal', 'rows'];
/** In the table `meta`, from the making of a file in a damaged one's stead to its first commit. */
const QUARANTINED_KEY = 'quarantined';
const BALLAST_BYTES_DEFAULT = 16 << 20;
/** Address space, not memory or disk: the file grows as it is written, and beyond this the map grows by itself. */
const MAP_BYTES = 4 * 2 ** 30;
const ADDRESS_SPACE_IS_WIDE = process.arch.endsWith('64');

export interface LmdbStoreOptions {
  /** Names quarantined files by their time, and bounds the check of a file that was not closed. */
  clock: Pick<Clock, 'wallMs' | 'monotonicMs'>;
  /** Size of the ballast file; 0 for none. Default 16 MiB. */
  ballastBytes?: number;
}

/** A store in one LMDB file, with what only a real disk needs. */
export interface LmdbStore extends Store {
  /**
   * Where a damaged file was moved to (the store then began empty), or null. Told again at each opening until the
   * first commit: whoever reads it may die before he has told anybody.
   */
  readonly quarantined: string | null;
  /** Deletes the ballast to make room on a full disk; false when there was none. */
  freeBallast(): Promise<boolean>;
  /** Makes the ballast again; false when there is no room for it. */
  restoreBallast(): Promise<boolean>;
}

/**
 * Opens or makes the store of a data folder, which the caller has locked (`openDataFolder`). A damaged file is
 * moved to `quarantine/` and a fresh one is made. Rejects with a {@link StoreFault}.
 */
export async function openLmdbStore(folder: string, options: LmdbStoreOptions): Promise<LmdbStore> {
  const path = join(folder, 'store.mdb');
  const ballast = { path: join(folder, 'ballast'), bytes: options.ballastBytes ?? BALLAST_BYTES_DEFAULT };
  try {
    await mkdir(folder, { recursive: true });
    const { environment, guard, quarantined } = await openSafely(path, options.clock);
    await makeBallast(ballast.path, ballast.bytes);
    return new OpenLmdbStore({ path, environment, guard, quarantined, ballast });
  } catch (error) {
    throw await faultFrom(error, path, 0);
  }
}

interface Environment {
  root: RootDatabase<Uint8Array, string>;
  tables: Record<TableName, Database<Uint8Array, string>>;
}

/**
 * The guard file says that the store was opened and not closed since. If it is there already, the last process died
 * with the store open, perhaps of reading this very file: then every page is looked at before LMDB looks at any.
 */
async function openSafely(
  path: string,
  clock: LmdbStoreOptions['clock'],
): Promise<{ environment: Environment; guard: string; quarantined: string | null }> {
  const guard = `${path}.open`;
  const verdict = await inspectLmdbFile(path);
  if (verdict.state === 'absent') await makeFile(path, null);
  const unclosed = (await makeGuard(guard)) === 'present';
  let damaged = verdict.state === 'bad';
  if (verdict.state === 'suspect' || (verdict.state === 'plausible' && unclosed))
    damaged = (await walkFile(path, TABLES, () => clock.monotonicMs())) !== null;
  if (!damaged) {
    try {
      const environment = openEnvironment(path, 'existing');
      const earlier = environment.tables.meta.getBinary(QUARANTINED_KEY);
      const quarantined = earlier === undefined ? null : Buffer.from(earlier).toString();
      return { environment, guard, quarantined };
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  const quarantined = await quarantineLmdbFile(path, clock.wallMs());
  await makeFile(path, quarantined);
  return { environment: openEnvironment(path, 'existing'), guard, quarantined };
}

/** A power cut may leave a new file without its header, so it gets its name only when all of it is on disk. */
async function makeFile(path: string, quarantined: string | null): Promise<void> {
  const unfinished = `${path}.new.mdb`;
  await rm(unfinished, { force: true });
  await rm(`${unfinished}-lock`, { force: true });
  const { root, tables } = openEnvironment(unfinished, 'new');
  if (quarantined !== null) await tables.meta.put(QUARANTINED_KEY, Buffer.from(quarantined));
  await root.close();
  const file = await openFile(unfinished, 'r+');
  await file.sync().finally(() => file.close());
  await rename(unfinished, path);
  await rm(`${unfinished}-lock`, { force: true });
  await syncFolder(join(path, '..'));
}

async function makeGuard(guard: string): Promise<'made' | 'present'> {
  try {
    await (await openFile(guard, 'wx')).close();
    return 'made';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'present';
    // Without room for a directory entry the store still opens: a full disk has to be recoverable.
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return 'made';
    throw error;
  }
}

/** A file gets all its tables when it is made: one that lacks a table is damaged, and must not be given an empty one. */
function openEnvironment(path: string, file: 'new' | 'existing'): Environment {
  const options: RootDatabaseOptionsWithPath & { safeRestore: boolean } = {
    path,
    noSubdir: true,
    encoding: 'binary',
    maxDbs: 12,
    // Growing the map maps the file a second time, and what was read through the first map stays resident.
    ...(ADDRESS_SPACE_IS_WIDE ? { mapSize: MAP_BYTES } : {}),
    // After a crash go back to the last transaction that was flushed, whatever the boot id says.
    safeRestore: true,
    // lmdb-js's own batches reject without anybody listening; every write here is in an explicit batch.
    eventTurnBatching: false,
  };
  const root = open<Uint8Array, string>(options);
  const missing = file === 'new' ? [] : missingTables(root);
  if (missing.length > 0) {
    void root.close();
    throw new DamagedFile(`${path} has no table named ${missing.join(', ')}`);
  }
  const table = (name: TableName) => root.openDB<Uint8Array, string>(name, { encoding: 'binary' });
  const tables = {
    meta: table('meta'),
    snapshots: table('snapshots'),
    outbox: table('outbox'),
    journal: table('journal'),
    rows: table('rows'),
  };
  return { root, tables };
}

/** LMDB keeps the names of tables as keys of its main tree. */
function missingTables(root: RootDatabase<Uint8Array, string>): TableName[] {
  const present = new Set(root.getKeys().map(String));
  return TABLES.filter((name) => !present.has(name));
}

class OpenLmdbStore implements LmdbStore {
  readonly stats = { commits: 0, bytes: 0 };
  readonly quarantined: string | null;
  readonly #path: string;
  readonly #ballast: { path: string; bytes: number };
  readonly #root: RootDatabase<Uint8Array, string>;
  readonly #tables: Record<TableName, Database<Uint8Array, string>>;
  #guard: string | null;
  #inFlight: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #lastFailed = false;
  /** Set when a group was refused but may be visible all the same: nothing may build on it. */
  #inDoubt: StoreFault | null = null;

  constructor(parts: {
    path: string;
    environment: Environment;
    guard: string;
    quarantined: string | null;
    ballast: { path: string; bytes: number };
  }) {
    this.#path = parts.path;
    this.#root = parts.environment.root;
    this.#tables = parts.environment.tables;
    this.#guard = parts.guard;
    this.#ballast = parts.ballast;
    this.quarantined = parts.quarantined;
  }

  get(table: TableName, key: string): Uint8Array | undefined {
    this.#assertOpen();
    if (!isStoreKey(key)) return undefined;
    try {
      return this.#tables[table].getBinary(key);
    } catch (error) {
      throw readFault(table, error);
    }
  }

  range(table: TableName, options: RangeOptions = {}): Iterable<{ key: string; value: Uint8Array }> {
    this.#assertOpen();
    const limit = options.limit ?? Number.MAX_SAFE_INTEGER;
    if (limit <= 0 || options.to === '') return [];
    const { from, to } = options;
    const bounds =
      options.reverse === true
        ? { start: to, end: from, exclusiveStart: true, inclusiveEnd: true, reverse: true }
        : { start: from, end: to };
    const present = Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));
    return checkedEntries(table, this.#tables[table].getRange({ ...present, limit }));
  }

  async commit(writes: readonly StoreWrite[]): Promise<void> {
    if (this.#closing !== null) throw new StoreFault('closed', 'the store is closed');
    if (this.#inDoubt !== null) throw this.#inDoubt;
    if (this.#inFlight !== null) throw new StoreFault('io', 'commit() while another commit is in flight');
    let bytes = 0;
    for (const { table, key, value } of writes) {
      assertStoreKey(table, key);
      bytes += key.length + (value?.length ?? 0);
    }
    if (writes.length === 0) return;
    this.#inFlight = this.#write(writes, bytes);
    try {
      await this.#inFlight;
    } finally {
      this.#inFlight = null;
    }
  }

  freeBallast(): Promise<boolean> {
    return dropBallast(this.#ballast.path);
  }

  restoreBallast(): Promise<boolean> {
    return makeBallast(this.#ballast.path, this.#ballast.bytes);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #write(writes: readonly StoreWrite[], bytes: number): Promise<void> {
    assertRoom(this.#path, bytes);
    const witness = writes.find(({ value }) => value !== null) ?? writes[0]!;
    try {
      const committed = this.#root.batch(() => {
        for (const { table, key, value } of writes) {
          if (value === null) this.#tables[table].remove(key);
          else this.#tables[table].put(key, value);
        }
        if (this.quarantined !== null) this.#tables.meta.remove(QUARANTINED_KEY);
      });
      const { flushed } = this.#root;
      // Taken now, awaited later: `flushed` follows whatever is the newest write when it is asked. It stays
      // pending for ever after a failed commit (seen), so the commit's own promise comes first.
      const onDisk = new Promise<unknown>((resolve, reject) => flushed.then(resolve, reject));
      onDisk.catch(() => undefined);
      await committed;
      await onDisk;
    } catch (error) {
      this.#lastFailed = true;
      const fault = await faultFrom(error, this.#path, bytes);
      if (!this.#isVisible(witness)) throw fault;
      // The flush failed after the transaction had become visible (seen): the disk may hold it or not.
      this.#inDoubt = new StoreFault(
        'inDoubt',
        `${fault.message}; a group is in doubt, open the store again`,
        {
          cause: error,
        },
      );
      throw this.#inDoubt;
    }
    this.#lastFailed = false;
    this.stats.commits += 1;
    this.stats.bytes += bytes;
  }

  async #close(): Promise<void> {
    await this.#inFlight?.catch(() => undefined);
    // After a failed commit lmdb-js waits for a flush that never comes (seen). Nothing is in flight then.
    const closed = this.#root.close().catch(() => undefined);
    if (!this.#lastFailed) await closed;
    await this.#dropGuard();
  }

  async #dropGuard(): Promise<void> {
    if (this.#guard === null) return;
    const guard = this.#guard;
    this.#guard = null;
    await rm(guard, { force: true }).catch(() => undefined);
  }

  /** Whether a group can be seen, told by one of its writes: of a group, all or nothing is visible. */
  #isVisible({ table, key, value }: StoreWrite): boolean {
    const stored = this.#tables[table].getBinary(key);
    if (value === null || stored === undefined) return value === null && stored === undefined;
    return Buffer.compare(stored, value) === 0;
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new StoreFault('closed', 'the store is closed');
  }
}

/** A damaged B-tree makes lmdb-js throw errors of its own, or hand out something that is no value (seen). */
function* checkedEntries(
  table: TableName,
  entries: Iterable<{ key: string; value: unknown }>,
): Generator<{ key: string; value: Uint8Array }> {
  try {
    for (const { key, value } of entries) {
      if (typeof key !== 'string' || !(value instanceof Uint8Array))
        throw new TypeError('not a stored entry');
      yield { key, value };
    }
  } catch (error) {
    throw readFault(table, error);
  }
}
