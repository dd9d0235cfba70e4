import { describe, expect, it } from 'vitest';
import type { Json } from '../../../runtime/envelope.ts';
import type { BenchTurn } from '../../helpers/actor-bench.ts';
import { callsOf, LinkBench, tellsTo } from '../../helpers/link-bench.ts';

const SESSION = '5f0c7c1e-0000-4000-8000-000000000001';
const OWN = 1_073_741_824;
const EVENT = '{"eventType":"Updated", "seqNo":1}';
const of = { session: SESSION, transactionId: OWN };
const start = {
  action: 'StartTransaction',
  raw: '{"connectorId":1}',
  kind: 'start',
  session: SESSION,
} as const;
const sample = {
  action: 'MeterValues',
  raw: `{"connectorId":1,"transactionId":${OWN}}`,
  kind: 'meter',
  ...of,
} as const;
const stop = { action: 'StopTransaction', raw: `{"transactionId":${OWN}}`, kind: 'stop', ...of } as const;
const event = {
  action: 'TransactionEvent',
  raw: EVENT,
  version: '2.0.1',
  in16: { action: 'MeterValues', raw: `{"transactionId":${OWN}}` },
  kind: 'meter',
  ...of,
} as const;

interface Sent {
  action: string;
  raw: string;
  version?: string;
  transaction?: { seqNo: number; transactionId: string; offline: boolean };
}

function linkTo(
  version: '1.6' | '2.0.1',
  fill: (link: LinkBench) => void,
): { link: LinkBench; opened: BenchTurn } {
  const link = new LinkBench();
  link.configure();
  fill(link);
  return { link, opened: link.openAs(version) };
}

const sentIn = (turn: BenchTurn): Sent[] => callsOf(turn) as unknown as Sent[];

/** Answers one message after the other; what was sent, in order. */
function drained(link: LinkBench, opened: BenchTurn, answer = '{}'): Sent[] {
  const sent: Sent[] = [];
  for (let turn = opened; callsOf(turn).length > 0; ) {
    const [call] = callsOf(turn);
    sent.push(call as unknown as Sent);
    turn = link.answer(Number(call!.correlation.split('/')[0]), answer);
  }
  return sent;
}

describe('a transaction of a 1.6 charger towards a CPMS of 2.0.1', () => {
  it('is called by its session, and its messages are numbered without gaps as they leave, late samples too', () => {
    const { link, opened } = linkTo('2.0.1', (filled) => {
      filled.transaction(SESSION);
      for (const [index, row] of [start, sample, sample, stop, sample].entries())
        filled.queue(index + 1, row);
    });
    const sent = drained(link, opened, '{"transactionId":0,"idTagInfo":{"status":"Accepted"}}');
    expect(sent.map(({ transaction }) => transaction?.seqNo)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(sent.map(({ transaction }) => transaction?.transactionId))).toEqual(new Set([SESSION]));
  });

  it('keeps the number of a message that is in doubt, and its offline mark', () => {
    const { link, opened } = linkTo('2.0.1', (filled) => {
      filled.transaction(SESSION);
      filled.queue(1, { ...start, offline: true });
      filled.queue(2, sample);
    });
    const [first] = sentIn(opened);
    expect(first!.transaction).toMatchObject({ seqNo: 0, offline: true });
    link.close();
    const again = link.openAs('2.0.1');
    expect(sentIn(again)).toMatchObject([{ transaction: first!.transaction }]);
    expect(sentIn(link.answer(1, '{"transactionId":0}'))).toMatchObject([{ transaction: { seqNo: 1 } }]);
  });

  it('has our own id for the one that 2.0.1 does not give', () => {
    const { link } = linkTo('2.0.1', (filled) => {
      filled.transaction(SESSION);
      filled.queue(1, start);
    });
    const turn = link.answer(1, '{"idTagInfo":{"status":"Accepted"},"transactionId":0}');
    expect(link.transactionRow(SESSION).cpmsTransactionId).toBe(OWN);
    const [told] = tellsTo(turn, 'charger.delivered') as unknown as Array<{ raw: string }>;
    expect(told!.raw).toBe(`{"idTagInfo":{"status":"Accepted"},"transactionId":${OWN}}`);
  });
});

describe('a message of a 2.0.1 charger', () => {
  it('leaves as it came towards a CPMS of 2.0.1', () => {
    const { opened } = linkTo('2.0.1', (filled) => {
      filled.transaction(SESSION);
      filled.queue(1, event);
    });
    expect(sentIn(opened)).toMatchObject([{ action: 'TransactionEvent', raw: EVENT, version: '2.0.1' }]);
    expect(sentIn(opened)[0]!.transaction).toBeUndefined();
  });

  it('that was accepted while the CPMS was away says so', () => {
    const { opened } = linkTo('2.0.1', (filled) => {
      filled.transaction(SESSION);
      filled.queue(1, { ...event, offline: true });
    });
    expect(sentIn(opened)[0]!.raw).toBe('{"offline":true,"eventType":"Updated", "seqNo":1}');
  });

  it('leaves in its 1.6 form towards a CPMS of 1.6, by the id that the CPMS gave', () => {
    const { opened } = linkTo('1.6', (filled) => {
      filled.transaction(SESSION, { cpmsTransactionId: 42 });
      filled.queue(1, event);
    });
    expect(sentIn(opened)).toMatchObject([{ action: 'MeterValues', raw: '{"transactionId":42}' }]);
    expect(sentIn(opened)[0]!.version).toBeUndefined();
  });

  it.each([
    ['1.6', [2, 3]],
    ['2.0.1', [1, 3]],
  ] as const)('that a CPMS of %s has no use for is dropped, and the others leave', (version, left) => {
    const { link, opened } = linkTo(version, (filled) => {
      filled.transaction(SESSION, { cpmsTransactionId: 42 });
      filled.queue(1, { ...event, kind: 'event', in16: null });
      filled.queue(2, { ...sample, only: '1.6' });
      filled.queue(3, event);
    });
    const sent: number[] = [];
    for (let turn = opened; callsOf(turn).length > 0; ) {
      const n = Number(callsOf(turn)[0]!.correlation.split('/')[0]);
      sent.push(n);
      turn = link.answer(n);
    }
    expect(sent).toEqual(left);
    expect(link.numbersIn('north/cp1')).toEqual([]);
  });
});

describe('the version of a CPMS', () => {
  it('is that of the newest socket', () => {
    const { link } = linkTo('2.0.1', (filled) => {
      filled.transaction(SESSION, { cpmsTransactionId: 42 });
      filled.queue(1, event);
    });
    link.close();
    expect(sentIn(link.openAs('1.6'))).toMatchObject([{ action: 'MeterValues' }]);
  });

  it('is asked for as the charger has it', () => {
    const link = new LinkBench();
    link.bench.rows.set('chargerVersion/cp1/call', '2.0.1' as Json);
    const dials = link.configure().effects.filter(({ type }) => type === 'dial');
    expect(dials.map(({ data }) => data)).toEqual([{ charger: 'cp1', prefer: '2.0.1' }]);
  });
});
