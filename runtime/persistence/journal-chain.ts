import { hash } from 'node:crypto';
import type { Json } from '../envelope.ts';
import { canonicalJson } from './canonical-json.ts';

/** Where a chain ends: number and hash (64 lower-case hex digits) of its last record. */
export interface ChainTip {
  seq: number;
  hash: string;
}

/** A record as it is stored: `text` is hashed as it stands, `key` is its number in 12 digits. */
export interface SealedRecord {
  key: string;
  text: string;
}

/**
 * A record without its number, as canonical members without their braces: those that sort before `prev`, between
 * `prev` and `seq`, and after `seq`; each may be empty. Written before it is numbered, so that what cannot be
 * written fails where it was decided.
 */
export interface DraftText {
  head: string;
  middle: string;
  tail: string;
}

export type ChainVerdict =
  | { ok: true; count: number; tip: ChainTip }
  | { ok: false; atKey: string; problem: string };

/** The tip of a chain without records. */
export const CHAIN_START: ChainTip = Object.freeze({ seq: 0, hash: '0'.repeat(64) });

const KEY_DIGITS = 12;

/** Journal key of a record number: 12 digits, so that keys sort as numbers (enough for 10^12 records). */
export function journalKey(seq: number): string {
  return String(seq).padStart(KEY_DIGITS, '0');
}

/** The tip that a chain has after this stored record; throws SyntaxError when the text is no chain record. */
export function tipAfter(text: string): ChainTip {
  const record = JSON.parse(text) as unknown;
  if (!isChainRecord(record)) throw new SyntaxError('not a journal record: it has no seq and prev');
  return { seq: record.seq, hash: sha256Hex(text) };
}

/**
 * The journal's hash chain. Each record is canonical JSON (RFC 8785) with two more members: `seq`, counting
 * from 1 without gaps, and `prev`, the SHA-256 of the previous record's stored text (64 zeros for the first).
 * A verifier needs SHA-256 over each line and a JSON parser, nothing of ours.
 */
export class JournalChain {
  #tip: ChainTip;

  constructor(tip: ChainTip) {
    this.#tip = { ...tip };
  }

  get tip(): Readonly<ChainTip> {
    return this.#tip;
  }

  /** Gives the record its number and hash, and moves the tip. */
  seal({ head, middle, tail }: DraftText): SealedRecord {
    const seq = this.#tip.seq + 1;
    const start = head === '' ? '{' : `{${head},`;
    const between = middle === '' ? '' : `${middle},`;
    const end = tail === '' ? '}' : `,${tail}}`;
    const text = `${start}"prev":"${this.#tip.hash}",${between}"seq":${seq}${end}`;
    this.#tip = { seq, hash: sha256Hex(text) };
    return { key: journalKey(seq), text };
  }

  /** Back to an earlier tip: the records of a group that failed to commit never existed. */
  rewindTo(tip: ChainTip): void {
    if (tip.seq > this.#tip.seq) throw new RangeError(`cannot rewind from ${this.#tip.seq} to ${tip.seq}`);
    this.#tip = { ...tip };
  }
}

/** A record of any form as a draft; throws TypeError when it brings `seq` or `prev`, which belong to the chain. */
export function draftTextOf(record: Record<string, Json>): DraftText {
  if (Object.hasOwn(record, 'seq') || Object.hasOwn(record, 'prev'))
    throw new TypeError('seq and prev belong to the chain');
  const members = Object.entries(record);
  const piece = (belongs: (name: string) => boolean): string =>
    canonicalJson(Object.fromEntries(members.filter(([name]) => belongs(name)))).slice(1, -1);
  return {
    head: piece((name) => name < 'prev'),
    middle: piece((name) => name > 'prev' && name < 'seq'),
    tail: piece((name) => name > 'seq'),
  };
}

/**
 * Walks stored records in key order. `before` is the tip just before the first of them: the start of the chain
 * unless older records were removed under a checkpoint. Finds every edit, removal, swap and insertion except a
 * cut tail, which only a tip kept elsewhere can show.
 */
export function verifyChain(
  records: Iterable<SealedRecord>,
  before: Readonly<ChainTip> = CHAIN_START,
): ChainVerdict {
  let tip: ChainTip = { ...before };
  let count = 0;
  for (const { key, text } of records) {
    const problem = problemWith(key, text, tip);
    if (problem !== null) return { ok: false, atKey: key, problem };
    tip = { seq: tip.seq + 1, hash: sha256Hex(text) };
    count += 1;
  }
  return { ok: true, count, tip };
}

function problemWith(key: string, text: string, tip: ChainTip): string | null {
  const seq = tip.seq + 1;
  if (key !== journalKey(seq)) return `expected record ${journalKey(seq)}`;
  // Searched from the end, where they stand: parsing every record would be most of a start's time. Whoever could
  // plant the right hash elsewhere in a record could as well write the whole chain anew.
  const saysSo = text.lastIndexOf(`,"seq":${seq},`) >= 0 && text.lastIndexOf(`,"prev":"${tip.hash}",`) >= 0;
  if (saysSo) return null;
  const record = parseOrNull(text);
  if (!isChainRecord(record)) return 'not a journal record';
  if (record.seq !== seq) return `the record says that it is number ${record.seq}`;
  if (record.prev !== tip.hash) return 'the hash of the record before it differs';
  return null;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isChainRecord(record: unknown): record is { seq: number; prev: string } {
  if (typeof record !== 'object' || record === null) return false;
  const { seq, prev } = record as { seq?: unknown; prev?: unknown };
  return Number.isSafeInteger(seq) && typeof prev === 'string';
}

function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}
