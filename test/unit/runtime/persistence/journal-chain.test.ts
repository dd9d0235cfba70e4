import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  CHAIN_START,
  draftTextOf,
  JournalChain,
  journalKey,
  type SealedRecord,
  tipAfter,
  verifyChain,
} from '../../../../runtime/persistence/journal-chain.ts';

function sealed(count: number): SealedRecord[] {
  const chain = new JournalChain(CHAIN_START);
  return Array.from({ length: count }, (_, index) =>
    chain.seal(draftTextOf({ kind: 'turn', at: 1_000 + index })),
  );
}

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

describe('the journal chain', () => {
  it('numbers records from 1 and links each to the stored text of the one before', () => {
    const [first, second] = sealed(2) as [SealedRecord, SealedRecord];
    expect(first).toEqual({
      key: '000000000001',
      text: `{"at":1000,"kind":"turn","prev":"${'0'.repeat(64)}","seq":1}`,
    });
    expect(second.text).toBe(`{"at":1001,"kind":"turn","prev":"${sha256(first.text)}","seq":2}`);
  });

  it('goes on from the tip of a stored record', () => {
    const records = sealed(3);
    const chain = new JournalChain(tipAfter(records[2]!.text));
    expect(chain.tip).toEqual({ seq: 3, hash: sha256(records[2]!.text) });
    expect(verifyChain([...records, chain.seal(draftTextOf({ kind: 'again' }))])).toMatchObject({
      ok: true,
      count: 4,
    });
  });

  it('gives the same numbers again after a rewind, as if the lost group had never been', () => {
    const chain = new JournalChain(CHAIN_START);
    const first = chain.seal(draftTextOf({ n: 1 }));
    const before = chain.tip;
    chain.seal(draftTextOf({ n: 'lost' }));
    chain.seal(draftTextOf({ n: 'lost too' }));
    chain.rewindTo(before);
    const second = chain.seal(draftTextOf({ n: 2 }));
    expect(verifyChain([first, second])).toEqual({ ok: true, count: 2, tip: chain.tip });
    expect(() => chain.rewindTo({ seq: 9, hash: 'x' })).toThrow(RangeError);
  });

  it('refuses a record that brings its own number or link', () => {
    const chain = new JournalChain(CHAIN_START);
    expect(() => chain.seal(draftTextOf({ seq: 7 }))).toThrow(TypeError);
    expect(() => chain.seal(draftTextOf({ prev: '' }))).toThrow(TypeError);
    expect(chain.tip).toEqual(CHAIN_START);
  });

  it('refuses to go on from text that is no record', () => {
    expect(() => tipAfter('[]')).toThrow(SyntaxError);
    expect(() => tipAfter('{"seq":1.5,"prev":""}')).toThrow(SyntaxError);
  });
});

describe('verifying a chain', () => {
  it('takes an empty chain and a sound one', () => {
    expect(verifyChain([])).toEqual({ ok: true, count: 0, tip: CHAIN_START });
    expect(verifyChain(sealed(50))).toMatchObject({ ok: true, count: 50, tip: { seq: 50 } });
  });

  it('starts in the middle from the tip that a checkpoint kept, and only from that', () => {
    const records = sealed(10);
    const tail = records.slice(4);
    expect(verifyChain(tail, tipAfter(records[3]!.text))).toMatchObject({ ok: true, count: 6 });
    expect(verifyChain(tail, { seq: 4, hash: 'f'.repeat(64) })).toMatchObject({
      ok: false,
      atKey: journalKey(5),
    });
    expect(verifyChain(tail)).toMatchObject({ ok: false, atKey: journalKey(5) });
  });

  const changes: Array<[string, (records: SealedRecord[]) => SealedRecord[], number]> = [
    ['an edit', (r) => r.with(4, { ...r[4]!, text: r[4]!.text.replace('1004', '1005') }), 6],
    ['a removal', (r) => r.toSpliced(4, 1), 6],
    [
      'a swap of texts',
      (r) => r.with(4, { ...r[4]!, text: r[5]!.text }).with(5, { ...r[5]!, text: r[4]!.text }),
      5,
    ],
    ['a swap of records', (r) => r.with(4, r[5]!).with(5, r[4]!), 6],
    ['an insertion', (r) => r.toSpliced(4, 0, { key: '000000000004x', text: r[4]!.text }), -1],
    ['a wrong key', (r) => r.with(4, { ...r[4]!, key: journalKey(50) }), 50],
    ['broken JSON', (r) => r.with(4, { ...r[4]!, text: r[4]!.text.slice(1) }), 5],
    ['a record without a link', (r) => r.with(4, { ...r[4]!, text: '{"seq":5}' }), 5],
  ];

  it.each(changes)('finds %s', (_name, change, atSeq) => {
    const verdict = verifyChain(change(sealed(10)));
    expect(verdict).toMatchObject({ ok: false, atKey: atSeq === -1 ? '000000000004x' : journalKey(atSeq) });
  });
});
