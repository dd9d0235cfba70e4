import { describe, expect, it } from 'vitest';
import type { Json } from '../../../runtime/envelope.ts';
import { ChargerBench, CP } from '../../helpers/charger-bench.ts';
import { card, nextTime } from '../../helpers/event-bench.ts';
import { callsOf, LinkBench } from '../../helpers/link-bench.ts';

describe('the link', () => {
  const SESSION = '5f0c7c1e-0000-4000-8000-000000000001';
  const OWN = 1_073_741_824;
  it('an id of ours never leaves to a CPMS of 1.6 that was of 2.0.1 at the start (D6)', () => {
    const link = new LinkBench();
    link.configure();
    link.transaction(SESSION);
    link.queue(1, { action: 'StartTransaction', raw: '{"connectorId":1}', kind: 'start', session: SESSION });
    link.openAs('2.0.1');
    link.answer(1, '{"idTagInfo":{"status":"Accepted"},"transactionId":0}');
    link.close();
    link.queue(2, {
      action: 'StopTransaction',
      raw: `{"transactionId":${OWN}}`,
      kind: 'stop',
      session: SESSION,
      transactionId: OWN,
    });
    const raws = callsOf(link.openAs('1.6')).map(({ raw }) => raw);
    expect(raws.join()).not.toContain(String(OWN));
  });
  it('a start that a 2.0.1 CPMS asked for names its remoteStartId', () => {
    const b = new ChargerBench();
    b.serve('online');
    b.command201('RequestStartTransaction', { evseId: 1, remoteStartId: 77, idToken: card });
    b.call('StartTransaction', { connectorId: 1, idTag: 'CARD-1', timestamp: nextTime(), meterStart: 1 });
    const link = new LinkBench();
    link.configure();
    for (const [key, value] of b.rows) link.bench.rows.set(key.replace(`/${CP}`, '/cp1'), value as Json);
    const calls: unknown[] = [];
    for (let turn = link.openAs('2.0.1'); callsOf(turn).length > 0; ) {
      const [call] = callsOf(turn);
      calls.push(call);
      turn = link.answer(call!.n, '{}');
    }
    const start = calls.find((call) => (call as { action: string }).action === 'StartTransaction') as {
      transaction: { remoteStartId: number };
    };
    expect(start.transaction.remoteStartId).toBe(77);
  });
  it('a message dropped because a CPMS of 1.6 has no word for it is in the journal', () => {
    const link = new LinkBench();
    link.configure();
    link.queue(1, {
      action: 'TransactionEvent',
      raw: '{"eventType":"Ended"}',
      version: '2.0.1',
      in16: null,
      kind: 'event',
      session: 'x',
    });
    const turn = link.openAs('1.6');
    expect(link.numbersIn('north/cp1')).toEqual([]);
    expect(turn.journal.filter(({ type }) => type !== 'link.modeChanged')).not.toEqual([]);
  });
});
