import { describe, expect, it } from 'vitest';
import { FOREIGN_KEPT_MAX } from '../../../../actors/charger/foreign.ts';
import type { DeadRow, Mode } from '../../../../actors/tells.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import {
  answerIn,
  answersIn,
  ChargerBench,
  CP,
  effectsIn,
  reasonsIn,
  tellsIn,
} from '../../../helpers/charger-bench.ts';

const LOCAL_ID = 2 ** 30;
const timestamp = '2026-01-01T00:00:00Z';
const start = { connectorId: 1, idTag: 'card-1', timestamp, meterStart: 100 };
const stopOf = (transactionId: number | null) => ({
  transactionId,
  timestamp: '2026-01-01T01:00:00Z',
  meterStop: 5_100,
});
const meterOf = (transactionId: number, value = '600') => ({
  connectorId: 1,
  transactionId,
  meterValue: [{ timestamp: '2026-01-01T00:10:00Z', sampledValue: [{ value }] }],
});
const accepted = (transactionId: number) => ({ idTagInfo: { status: 'Accepted' }, transactionId });

function served(mode: Mode = 'online', patch = {}): ChargerBench {
  const bench = new ChargerBench(patch);
  bench.serve(mode);
  for (const key of [...bench.rows.keys()]) if (key.startsWith(`north/${CP}`)) bench.rows.delete(key);
  return bench;
}

/** An online Start answered by the CPMS with this id. */
function started(bench: ChargerBench, id: number, connectorId = 1): { session: string; n: number } {
  bench.call('StartTransaction', { ...start, connectorId, meterStart: 100 + id });
  const { n, session } = bench.queue.at(-1)!;
  bench.delivered(n, accepted(id));
  return { session: session!, n };
}

describe('a Start while the backend is online', () => {
  it("opens the session in its own turn, and gets the CPMS's answer byte for byte", () => {
    const bench = served();
    const turn = bench.call('StartTransaction', start, { messageId: 'a' });
    const { session, n, raw, transactionId } = bench.queue[0]!;
    expect({ raw, transactionId }).toEqual({ raw: JSON.stringify(start), transactionId: null });
    expect(tellsIn(turn, 'session.opened')).toEqual([
      {
        to: `session/${session}`,
        data: {
          charger: CP,
          connector: 1,
          session,
          transactionId: LOCAL_ID,
          idTag: 'card-1',
          startedAt: Date.UTC(2026, 0, 1),
          meterStartWh: 100,
          backend: 'online',
          authorisedBy: 'backend',
          fallbackAfterMs: 30_000,
        },
      },
    ]);
    expect(tellsIn(turn, 'connector.sessionChanged')).toEqual([
      { to: `connector/${CP}/1`, data: { session } },
    ]);
    const answer = '{ "transactionId" : 7, "idTagInfo": {"status":"Accepted", "x": 1.0} }';
    const word = bench.delivered(n, answer);
    expect(answersIn(word)).toEqual([{ socketId: 's1', messageId: 'a', raw: answer, error: undefined }]);
    expect(tellsIn(word, 'session.startAnswered')).toEqual([
      { to: `session/${session}`, data: { cpmsTransactionId: 7, status: 'Accepted' } },
    ]);
    expect(bench.transactions).toMatchObject([{ transactionId: 7, cpmsTransactionId: 7, state: 'open' }]);
    expect(bench.rows.get(`transactionIds/${CP}/7`)).toBe(session);
    expect(bench.timers.has(`answer:${n}`)).toBe(false);
  });

  it('that the CPMS rejects gets that very answer, and 0 is an id like any other', () => {
    const bench = served();
    const turn = bench.call('StartTransaction', start);
    expect(tellsIn(turn, 'session.opened')).toHaveLength(1);
    const { n, session } = bench.queue[0]!;
    const word = bench.delivered(n, { idTagInfo: { status: 'Blocked' }, transactionId: 0 });
    expect(answerIn(word)).toEqual({ idTagInfo: { status: 'Blocked' }, transactionId: 0 });
    expect(tellsIn(word, 'session.startAnswered')[0]!.data).toEqual({
      cpmsTransactionId: 0,
      status: 'Blocked',
    });
    bench.call('StopTransaction', stopOf(0));
    expect(bench.queue.at(-1)).toMatchObject({ kind: 'stop', session, transactionId: 0 });
    expect(bench.transactions[0]!.state).toBe('stopped');
  });

  it('gets an id of ours, every other byte kept, when the id of the CPMS is taken on this charger', () => {
    const bench = served();
    const first = started(bench, 7);
    bench.call('StartTransaction', { ...start, connectorId: 2 });
    const { n, session } = bench.queue.at(-1)!;
    const word = bench.delivered(
      n,
      '{"idTagInfo" : {"status":"Accepted","parentIdTag":"caf\\u00e9"},\n  "transactionId":  7 , "z": 1.0}',
    );
    const ours = bench.transactions.find((row) => row.session === session)!.transactionId;
    expect(ours).toBeGreaterThanOrEqual(LOCAL_ID);
    expect(answersIn(word)[0]!.raw).toBe(
      `{"idTagInfo" : {"status":"Accepted","parentIdTag":"caf\\u00e9"},\n  "transactionId":  ${ours} , "z": 1.0}`,
    );
    expect(bench.transactions.map((row) => row.cpmsTransactionId)).toEqual([7, 7]);
    expect(bench.rows.get(`transactionIds/${CP}/7`)).toBe(first.session);
  });

  it.each([-1, -5])('gets an id of ours when the CPMS gives %i', (id) => {
    const bench = served();
    bench.call('StartTransaction', start);
    const word = bench.delivered(bench.queue[0]!.n, {
      idTagInfo: { status: 'ConcurrentTx' },
      transactionId: id,
    });
    expect(answerIn(word)).toEqual({ idTagInfo: { status: 'ConcurrentTx' }, transactionId: LOCAL_ID });
  });

  it('is answered locally at the deadline, and the later verdict reaches the session and the cache', () => {
    const bench = served();
    bench.call('StartTransaction', start);
    const { n, session } = bench.queue[0]!;
    const overdue = bench.fire(`answer:${n}`);
    expect(answerIn(overdue)).toEqual(accepted(LOCAL_ID));
    expect(overdue.journal).toMatchObject([
      {
        type: 'start.decided',
        reason: {
          code: 'authorise.policy',
          params: { idTag: 'ca…-1', status: 'Accepted', cause: 'overdue' },
        },
      },
    ]);
    const word = bench.delivered(n, { idTagInfo: { status: 'Invalid' }, transactionId: 9 });
    expect(answersIn(word)).toEqual([]);
    expect(tellsIn(word, 'session.startAnswered')).toEqual([
      { to: `session/${session}`, data: { cpmsTransactionId: 9, status: 'Invalid' } },
    ]);
    expect(bench.transactions).toMatchObject([{ transactionId: LOCAL_ID, cpmsTransactionId: 9 }]);
    expect(bench.contents[0]!.answer).toBe(JSON.stringify(accepted(LOCAL_ID)));
    bench.backend('offline');
    expect(answerIn(bench.call('Authorize', { idTag: 'CARD-1' }))).toEqual({
      idTagInfo: { status: 'Invalid' },
    });
  });

  it('that becomes a dead letter is answered locally, and the session is told', () => {
    const bench = served();
    bench.call('StartTransaction', start);
    const { n, session } = bench.queue[0]!;
    const turn = bench.dead(n);
    expect(answerIn(turn)).toEqual(accepted(LOCAL_ID));
    expect(tellsIn(turn, 'session.deliveryFailed')).toEqual([
      { to: `session/${session}`, data: { what: 'start', error: 'InternalError: no' } },
    ]);
    // Sent again by an operator, it may still be answered.
    const word = bench.delivered(n, accepted(12));
    expect(tellsIn(word, 'session.startAnswered')).toHaveLength(1);
    expect(answersIn(word)).toEqual([]);
  });

  it.each(['{}', '[1]', '{"idTagInfo":{"status":"Accepted"}}'])(
    'that the CPMS answers with %s is answered locally',
    (answer) => {
      const bench = served();
      bench.call('StartTransaction', start);
      const turn = bench.delivered(bench.queue[0]!.n, answer);
      expect(answerIn(turn)).toEqual(accepted(LOCAL_ID));
      expect(tellsIn(turn, 'session.deliveryFailed')).toHaveLength(1);
    },
  );
});

describe('a repeated Start', () => {
  it.each(['a', 'b'])(
    'under the id %s while it waits, gets the one answer under its newest id',
    (messageId) => {
      const bench = served();
      bench.call('StartTransaction', start, { messageId: 'a' });
      const again = bench.call('StartTransaction', start, { messageId });
      expect(answersIn(again)).toEqual([]);
      expect(bench.queue).toHaveLength(1);
      expect(tellsIn(again, 'session.opened')).toEqual([]);
      const word = bench.delivered(bench.queue[0]!.n, accepted(7));
      expect(answersIn(word)).toMatchObject([{ messageId }]);
    },
  );

  it.each(['a', 'b'])('under the id %s after it was answered, gets the stored answer', (messageId) => {
    const bench = served();
    bench.call('StartTransaction', start, { messageId: 'a' });
    const answer = '{"transactionId":7,"idTagInfo":{"status":"Accepted"} }';
    bench.delivered(bench.queue[0]!.n, answer);
    const again = bench.call('StartTransaction', start, { messageId });
    expect(answersIn(again)).toMatchObject([{ messageId, raw: answer }]);
    expect(bench.queue).toHaveLength(0);
    expect(bench.transactions).toHaveLength(1);
  });

  it('on a new socket after its answer found none, waits on there', () => {
    const bench = served();
    bench.call('StartTransaction', start, { messageId: 'a' });
    bench.close();
    bench.open('s2');
    bench.call('StartTransaction', start, { messageId: 'b', socketId: 's2' });
    const word = bench.delivered(bench.queue[0]!.n, accepted(7));
    expect(answersIn(word)).toMatchObject([{ messageId: 'b', socketId: 's2' }]);
  });

  it('whose answer came while no socket was there, gets that answer', () => {
    const bench = served();
    bench.call('StartTransaction', start);
    const { n } = bench.queue[0]!;
    bench.close();
    expect(answersIn(bench.delivered(n, accepted(7)))).toEqual([]);
    bench.open('s2');
    expect(answerIn(bench.call('StartTransaction', start, { socketId: 's2' }))).toEqual(accepted(7));
  });

  it('is decided here when the backend went away before it was answered', () => {
    const bench = served();
    bench.call('StartTransaction', start);
    bench.close();
    bench.backend('offline');
    bench.open('s2');
    expect(answerIn(bench.call('StartTransaction', start, { socketId: 's2' }))).toEqual(accepted(LOCAL_ID));
    expect(bench.queue.filter(({ kind }) => kind === 'start')).toHaveLength(1);
  });
});

describe('a whole transaction while the backend is away', () => {
  it('is queued in order under ids of ours, and mapped when the CPMS answers', () => {
    const bench = served('offline');
    expect(answerIn(bench.call('StartTransaction', start))).toEqual(accepted(LOCAL_ID));
    expect(answerIn(bench.call('MeterValues', meterOf(LOCAL_ID)))).toEqual({});
    const stop = bench.call('StopTransaction', stopOf(LOCAL_ID));
    expect(answerIn(stop)).toEqual({});
    const session = bench.transactions[0]!.session;
    expect(bench.queue.map(({ kind, session, transactionId }) => ({ kind, session, transactionId }))).toEqual(
      [
        { kind: 'start', session, transactionId: null },
        { kind: 'meter', session, transactionId: LOCAL_ID },
        { kind: 'stop', session, transactionId: LOCAL_ID },
      ],
    );
    expect(tellsIn(stop, 'session.stopped')).toEqual([
      {
        to: `session/${session}`,
        data: { at: Date.UTC(2026, 0, 1, 1), meterStopWh: 5_100, reason: 'Local' },
      },
    ]);
    const [startRow, , stopRow] = bench.queue;
    bench.delivered(startRow!.n, accepted(3));
    expect(bench.transactions).toMatchObject([{ transactionId: LOCAL_ID, cpmsTransactionId: 3 }]);
    const word = bench.delivered(stopRow!.n, {});
    expect(tellsIn(word, 'session.stopAnswered')).toEqual([{ to: `session/${session}`, data: {} }]);
    bench.deliver('charger.sessionEnded', { session, outcome: 'completed' });
    expect(bench.transactions[0]!.state).toBe('settled');
    expect(bench.table<{ kind: string }>(`awaitedWord/${CP}`).map(({ kind }) => kind)).toEqual(['boot']);
  });

  it('gives every Start an id of its own, and starts again at the end of the range', () => {
    const bench = served('offline');
    const books = bench.rows.get(`chargerState/${CP}`) as Record<string, never>;
    bench.rows.set(`chargerState/${CP}`, { ...books, nextTransactionId: 2 ** 31 - 1 });
    const ids = [1, 2].map((connectorId) => {
      const answer = answerIn(bench.call('StartTransaction', { ...start, connectorId }));
      return (answer as { transactionId: number }).transactionId;
    });
    expect(ids).toEqual([2 ** 31 - 1, LOCAL_ID]);
  });
});

describe('a Stop', () => {
  it("waits for the CPMS's answer while the backend is online, and gets it as it stands", () => {
    const bench = served();
    started(bench, 7);
    const turn = bench.call('StopTransaction', stopOf(7), { messageId: 'z' });
    expect(answersIn(turn)).toEqual([]);
    const word = bench.delivered(bench.queue[0]!.n, '{"idTagInfo":{"status":"Accepted"} }');
    expect(answersIn(word)).toMatchObject([{ messageId: 'z', raw: '{"idTagInfo":{"status":"Accepted"} }' }]);
    expect(answersIn(bench.call('StopTransaction', stopOf(7)))).toMatchObject([
      { raw: '{"idTagInfo":{"status":"Accepted"} }' },
    ]);
  });

  it('is answered here at the deadline, and delivered all the same', () => {
    const bench = served();
    const { session } = started(bench, 7);
    bench.call('StopTransaction', stopOf(7));
    const { n } = bench.queue[0]!;
    expect(answerIn(bench.fire(`answer:${n}`))).toEqual({});
    const word = bench.delivered(n, {});
    expect(answersIn(word)).toEqual([]);
    expect(tellsIn(word, 'session.stopAnswered')).toEqual([{ to: `session/${session}`, data: {} }]);
  });

  it('that becomes a dead letter is answered, and the session is told', () => {
    const bench = served();
    const { session } = started(bench, 7);
    bench.call('StopTransaction', stopOf(7));
    const turn = bench.dead(bench.queue[0]!.n);
    expect(answerIn(turn)).toEqual({});
    expect(tellsIn(turn, 'session.deliveryFailed')).toEqual([
      { to: `session/${session}`, data: { what: 'stop', error: 'InternalError: no' } },
    ]);
  });

  it('of a transaction that was never started here passes as it is', () => {
    const bench = served('offline');
    expect(answerIn(bench.call('StopTransaction', stopOf(4711)))).toEqual({});
    expect(bench.queue).toMatchObject([{ kind: 'stop', session: null, transactionId: null }]);
  });

  it.each([-1, null])('with the id %s is answered, kept as a dead letter once, and does not leave', (id) => {
    const bench = served();
    const turn = bench.call('StopTransaction', stopOf(id));
    expect(answerIn(turn)).toEqual({});
    expect(reasonsIn(turn)).toEqual(['message.deadLettered transaction.foreignId']);
    expect(answerIn(bench.call('StopTransaction', stopOf(id)))).toEqual({});
    expect(bench.queue).toEqual([]);
    expect(bench.table<DeadRow>(`dead/${CP}`)).toMatchObject([
      { kind: 'stop', raw: JSON.stringify(stopOf(id)), error: 'foreign transaction id' },
    ]);
  });
});

describe('messages with a foreign id beyond the thousandth', () => {
  it('are only in the journal, with their text', () => {
    const bench = served();
    const books = bench.rows.get(`chargerState/${CP}`) as Record<string, never>;
    bench.rows.set(`chargerState/${CP}`, { ...books, foreignKept: FOREIGN_KEPT_MAX });
    const turn = bench.call('StopTransaction', stopOf(-1));
    expect(answerIn(turn)).toEqual({});
    expect(bench.table(`dead/${CP}`)).toEqual([]);
    expect(turn.journal).toMatchObject([{ data: { raw: JSON.stringify(stopOf(-1)) } }]);
  });
});

describe('a Start on a connector whose transaction was never stopped', () => {
  it('ends the older session, and nothing is made up for the CPMS', () => {
    const bench = served('offline');
    bench.call('StartTransaction', start);
    const older = bench.transactions[0]!.session;
    const turn = bench.call('StartTransaction', { ...start, meterStart: 900 });
    expect(tellsIn(turn, 'session.aborted')).toEqual([
      { to: `session/${older}`, data: { reason: 'superseded' } },
    ]);
    expect(bench.queue.map(({ kind }) => kind)).toEqual(['start', 'start']);
    const late = bench.call('StopTransaction', stopOf(LOCAL_ID));
    expect(bench.queue.at(-1)).toMatchObject({ kind: 'stop', session: older, transactionId: LOCAL_ID });
    expect(tellsIn(late, 'session.stopped')).toEqual([]);
    expect(reasonsIn(late)[0]).toBe('transaction.stoppedLate transaction.notOpen');
    const word = bench.delivered(bench.queue.at(-1)!.n, {});
    expect(tellsIn(word, 'session.stopAnswered')).toEqual([]);
  });
});

describe('a Start whose answer found no socket', () => {
  function unconfirmed(): { bench: ChargerBench; session: string } {
    const bench = served();
    bench.call('StartTransaction', start);
    const { session } = bench.queue[0]!;
    bench.close();
    bench.backend('offline');
    return { bench, session: session! };
  }

  it('is aborted when the charger is back and its connector free', () => {
    const { bench, session } = unconfirmed();
    bench.open('s2');
    bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }, { socketId: 's2' });
    bench.status(2, 'Available', 's2');
    const turn = bench.status(1, 'Available', 's2');
    expect(tellsIn(turn, 'session.aborted')).toEqual([
      { to: `session/${session}`, data: { reason: 'unconfirmed' } },
    ]);
    expect(turn.journal).toContainEqual(
      expect.objectContaining({
        type: 'transaction.aborted',
        data: expect.objectContaining({ synthetic: true }),
      }),
    );
    expect(bench.transactions[0]!.state).toBe('aborted');
    expect(bench.queue.map(({ kind }) => kind).sort()).toEqual(['boot', 'start', 'status', 'status']);
  });

  it('lives on when the charger repeats it', () => {
    const { bench } = unconfirmed();
    bench.open('s2');
    bench.call('StartTransaction', start, { socketId: 's2' });
    bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }, { socketId: 's2' });
    for (const connector of [2, 1]) bench.status(connector, 'Available', 's2');
    expect(bench.transactions[0]!.state).toBe('open');
  });

  it('lives on when the connector is not free', () => {
    const { bench } = unconfirmed();
    bench.open('s2');
    bench.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }, { socketId: 's2' });
    bench.status(2, 'Available', 's2');
    bench.status(1, 'Charging', 's2');
    expect(bench.transactions[0]!.state).toBe('open');
    expect(bench.value).toMatchObject({ mode: 'online' });
  });
});

describe('a late verdict', () => {
  it('that makes the session want a stop, sends RemoteStop with the id of the charger, as a cut', () => {
    const bench = served('offline');
    bench.call('StartTransaction', start);
    const { session } = bench.transactions[0]!;
    const turn = bench.deliver('charger.stopWanted', { session, reason: 'Invalid' });
    expect(turn.effects).toMatchObject([
      {
        port: 'south',
        cut: true,
        recovery: 'once',
        data: { action: 'RemoteStopTransaction', raw: `{"transactionId":${LOCAL_ID}}` },
      },
    ]);
    expect(reasonsIn(turn)).toEqual(['stop.sent session.stopWanted']);
    const answered = bench.southAnswered(`own:stop:${session}`, 'RemoteStopTransaction', {
      status: 'Rejected',
    });
    expect(answered.journal).toMatchObject([
      { type: 'stop.answered', reason: { params: { outcome: 'Rejected' } } },
    ]);
  });

  it('sends nothing while the charger is away, or when the transaction is over', () => {
    const bench = served('offline');
    bench.call('StartTransaction', start);
    const { session } = bench.transactions[0]!;
    bench.close();
    const away = bench.deliver('charger.stopWanted', { session, reason: 'Invalid' });
    expect(reasonsIn(away)).toEqual(['stop.notSent stop.chargerAway']);
    bench.open('s2');
    bench.call('StopTransaction', stopOf(LOCAL_ID), { socketId: 's2' });
    const over = bench.deliver('charger.stopWanted', { session, reason: 'Invalid' });
    expect(reasonsIn(over)).toEqual(['stop.notSent stop.notOpen']);
    expect([...away.effects, ...over.effects]).toEqual([]);
  });
});

describe('what is old', () => {
  it('is forgotten after 90 days, when the next transaction begins', () => {
    const bench = served('offline');
    bench.call('StartTransaction', start);
    bench.call('StopTransaction', stopOf(LOCAL_ID));
    bench.deliver('charger.sessionEnded', { session: bench.transactions[0]!.session, outcome: 'completed' });
    bench.nowMs += 89 * 24 * 3_600_000;
    bench.call('StartTransaction', { ...start, meterStart: 1 });
    expect(bench.contents).toHaveLength(3);
    bench.nowMs += 2 * 24 * 3_600_000;
    bench.call('StartTransaction', { ...start, meterStart: 2, connectorId: 2 });
    // The old start and stop are gone; the two of late are there.
    expect(bench.contents).toHaveLength(2);
  });
});

describe('effects of accepted transactions', () => {
  it('never leave the charger without the turn that wrote the queue row', () => {
    const bench = served('offline');
    const turn = bench.call('StartTransaction', start);
    expect(effectsIn(turn, 'north', 'call')).toEqual([]);
    expect(bench.queue.map(({ kind }) => kind)).toEqual(['start']);
  });
});

describe('the link', () => {
  const told = (turn: BenchTurn) => tellsIn(turn, 'link.queueAppended').map(({ data }) => data);

  it('is not woken while it is away or drains: it comes for what is queued by itself', () => {
    for (const mode of ['offline', 'fallback', 'resync'] as const) {
      expect(told(served(mode).call('StartTransaction', start))).toEqual([]);
    }
  });

  it('is woken for a message when it is idle, and not while another one is under way', () => {
    const bench = served('online');
    const first = bench.call('StartTransaction', start);
    const { n } = bench.queue[0]!;
    expect(told(first)).toEqual([{ n }]);
    bench.rows.set(`inFlight/${CP}/call`, { n, repeat: null, draining: null });
    expect(told(bench.call('StartTransaction', { ...start, connectorId: 2 }))).toEqual([]);
    bench.rows.delete(`north/${CP}/${String(n).padStart(12, '0')}`);
    expect(told(bench.status(1, 'Charging'))).toHaveLength(1);
  });

  it('is woken for what was accepted while it found the queue empty', () => {
    const bench = served('resync');
    bench.call('StartTransaction', start);
    const { n } = bench.queue[0]!;
    expect(told(bench.deliver('charger.backendChanged', { mode: 'online' }))).toEqual([{ n }]);
  });
});
