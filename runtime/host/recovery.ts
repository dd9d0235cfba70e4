import { type Address, kindOf } from '../address.ts';
import type { Envelope } from '../envelope.ts';
import { Defect } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  CHAIN_START,
  type ChainTip,
  type ChainVerdict,
  journalKey,
  tipAfter,
  verifyChain,
} from '../persistence/journal-chain.ts';
import { type Store, StoreFault } from '../persistence/store.ts';
import { CorruptValue, decodeRaw, decodeValue, encodeValue } from '../persistence/value-codec.ts';
import { sha256Hex } from '../sha256.ts';
import type { ActorKind, StoredActor } from './actor-kind.ts';
import type { HostAlarms } from './host-alarms.ts';
import type { HostOptions } from './host-options.ts';

/** What a data folder tells a new process. */
export interface Recovered {
  /** Counts the starts on this data folder, this one included. */
  processStart: number;
  tip: { seq: number; hash: string };
  /** Wall time of the last journal record; 0 when there is none. */
  lastJournalledAt: number;
  verifiedRecords: number;
  /** Undefined while the verified part of the chain is sound. */
  chainProblem: string | undefined;
}

const PROCESS_START = 'processStart';

/** Reads the journal's end and verifies its last records; writes nothing. */
export function recoverJournal(store: Store): Recovered {
  const bytes = store.get('meta', PROCESS_START);
  const processStart = (bytes ? (decodeValue('meta', PROCESS_START, bytes) as number) : 0) + 1;
  const [last] = store.range('journal', { reverse: true, limit: 1 });
  if (!last) {
    return {
      processStart,
      tip: CHAIN_START,
      lastJournalledAt: 0,
      verifiedRecords: 0,
      chainProblem: undefined,
    };
  }
  const { tip, lastJournalledAt } = readTip(last);
  const verdict = verifyTail(store, tip.seq);
  return {
    processStart,
    tip,
    lastJournalledAt,
    verifiedRecords: verdict.ok ? verdict.count : 0,
    chainProblem: verdict.ok ? undefined : `record ${verdict.atKey}: ${verdict.problem}`,
  };
}

/**
 * Counts this start durably, so that envelope ids never repeat within a data folder. It is the first write: on a
 * disk that takes none, the site waits for it instead of giving up.
 */
export async function countProcessStart(
  { store, clock, log, onStoreFault }: Pick<HostOptions, 'store' | 'clock' | 'log' | 'onStoreFault'>,
  alarms: HostAlarms,
  processStart: number,
): Promise<void> {
  const value = encodeValue(PROCESS_START, processStart);
  for (let waitMs: number = limits.storeRetryMinMs; ; waitMs = Math.min(waitMs * 2, limits.storeRetryMaxMs)) {
    try {
      await store.commit([{ table: 'meta', key: PROCESS_START, value }]);
      alarms.clear('store.failing');
      return;
    } catch (error) {
      if (error instanceof StoreFault && (error.code === 'inDoubt' || error.code === 'closed')) throw error;
      alarms.raise('store.failing', `the store does not take writes: ${String(error)}; the start waits`);
      log.error({ err: error }, 'the start waits for the store');
      onStoreFault?.(error);
    }
    await new Promise<void>((resolve) => clock.setTimer(waitMs, resolve));
  }
}

/** Where the chain goes on. A last record that cannot be read still has its number, and its bytes a hash. */
function readTip(last: { key: string; value: Uint8Array }): { tip: ChainTip; lastJournalledAt: number } {
  try {
    const text = decodeRaw('journal', last.key, last.value);
    return { tip: tipAfter(text), lastJournalledAt: (JSON.parse(text) as { receivedAt: number }).receivedAt };
  } catch {
    const hash = sha256Hex(Buffer.from(last.value).toString('latin1'));
    return { tip: { seq: Number(last.key), hash }, lastJournalledAt: 0 };
  }
}

/** Verifies the last records; what stands before them is taken from the first one's own word. */
function verifyTail(store: Store, lastSeq: number): ChainVerdict {
  const firstSeq = Math.max(1, lastSeq - limits.journalVerifyRecords + 1);
  const from = journalKey(firstSeq);
  try {
    const bytes = store.get('journal', from);
    if (!bytes) return { ok: false, atKey: from, problem: 'the record is missing' };
    const { prev } = JSON.parse(decodeRaw('journal', from, bytes)) as { prev: string };
    const hash = firstSeq === 1 ? CHAIN_START.hash : prev;
    return verifyChain(texts(store, from), { seq: firstSeq - 1, hash });
  } catch (error) {
    return { ok: false, atKey: error instanceof CorruptValue ? error.key : from, problem: String(error) };
  }
}

function* texts(store: Store, from: string): Iterable<{ key: string; text: string }> {
  for (const { key, value } of store.range('journal', { from }))
    yield { key, text: decodeRaw('journal', key, value) };
}

/** Reads one stored actor and brings it to today's snapshot version, step by step. */
export function readActor(address: string, bytes: Uint8Array, kind: ActorKind): StoredActor {
  let stored = decodeValue('snapshots', address, bytes) as unknown as StoredActor;
  if (stored.version > kind.snapshotVersion) {
    throw new Defect(
      `${address} was stored by a newer version (${stored.version}, this is ${kind.snapshotVersion})`,
    );
  }
  while (stored.version < kind.snapshotVersion) {
    const migrate = kind.migrations[stored.version];
    if (!migrate) throw new Defect(`no migration of ${kind.kind} snapshots from version ${stored.version}`);
    stored = { ...migrate(stored), version: stored.version + 1 };
  }
  return stored;
}

export interface StoredTell {
  envelope: Envelope;
  delivery: 'ordered' | 'latest';
  latestKey: string | null;
}

export function* readOutbox(
  store: Store,
  onUnreadable: (key: string, error: unknown) => void,
): Iterable<StoredTell> {
  for (const { key, value } of store.range('outbox')) {
    let stored: StoredTell | undefined;
    try {
      stored = decodeValue('outbox', key, value) as unknown as StoredTell;
    } catch (error) {
      onUnreadable(key, error);
    }
    if (stored) yield stored;
  }
}

/** Every stored actor, to be read one by one; an unknown kind is unreadable. */
export function* readActors(
  store: Store,
  kinds: ReadonlyMap<string, ActorKind>,
): Iterable<{ address: Address; kind: ActorKind; read: () => StoredActor }> {
  for (const { key, value } of store.range('snapshots')) {
    const kind = kinds.get(kindOf(key as Address));
    if (!kind)
      throw new Defect(`stored actor ${key} is of no known kind: was it written by another version?`);
    yield { address: key as Address, kind, read: () => readActor(key, value, kind) };
  }
}
