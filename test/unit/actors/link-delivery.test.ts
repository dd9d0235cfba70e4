import { beforeEach, describe, expect, it } from 'vitest';
import type { DeadRow } from '../../../actors/tells.ts';
import { callsOf, LinkBench, tellsTo } from '../../helpers/link-bench.ts';

let link: LinkBench;
beforeEach(() => {
  link = new LinkBench();
  link.configure();
});

/** Answers whatever leaves until nothing does; gives the numbers in the order in which they left. */
function drain(first: ReturnType<typeof callsOf>): number[] {
  const order: number[] = [];
  for (let calls = first; calls.length > 0; ) {
    expect(calls).toHaveLength(1);
    const { n } = calls[0]!;
    order.push(n);
    calls = callsOf(link.answer(n, '{"transactionId":42,"idTagInfo":{"status":"Accepted"}}'));
  }
  return order;
}

describe('draining', () => {
  it('sends boot first, then the newest statuses, then the history by number', () => {
    link.queue(1, { kind: 'start', action: 'StartTransaction' });
    link.queue(2);
    link.queue(3, { lane: 'status', kind: 'status' });
    link.queue(4);
    link.queue(5, { lane: 'status', kind: 'status' });
    link.queue(6, { lane: 'boot', kind: 'boot' });
    expect(drain(callsOf(link.open()))).toEqual([6, 3, 5, 1, 2, 4]);
    expect(link.mode).toBe('online');
    expect(link.numbersIn('north/cp1')).toEqual([]);
  });

  it('lets a status that comes in the middle of a backlog go before the rest of it', () => {
    for (const n of [1, 2, 3]) link.queue(n);
    link.open();
    link.queue(4, { lane: 'status', kind: 'status' });
    expect(callsOf(link.appended(4))).toEqual([]);
    expect(drain(callsOf(link.answer(1)))).toEqual([4, 2, 3]);
  });

  it('passes over a status that was replaced while it waited', () => {
    link.queue(1, { lane: 'status', kind: 'status' });
    link.queue(2, { lane: 'status', kind: 'status' });
    link.open();
    link.bench.rows.delete('north/cp1/000000000002');
    link.queue(3, { lane: 'status', kind: 'status' });
    expect(drain(callsOf(link.answer(1)))).toEqual([3]);
  });

  it('sends by number while online', () => {
    link.open();
    link.queue(1);
    expect(callsOf(link.appended(1)).map(({ n }) => n)).toEqual([1]);
    link.queue(2);
    link.queue(3, { lane: 'status', kind: 'status' });
    expect(drain(callsOf(link.answer(1)))).toEqual([2, 3]);
  });

  it('marks a backlog as such, but neither what is in doubt nor what comes later', () => {
    const replays = (calls: ReturnType<typeof callsOf>) => calls.map(({ n, replay }) => [n, replay]);
    for (const n of [1, 2, 3]) link.queue(n);
    expect(replays(callsOf(link.open()))).toEqual([[1, true]]);
    link.close();
    expect(replays(callsOf(link.open()))).toEqual([[1, undefined]]);
    expect(replays(callsOf(link.answer(1)))).toEqual([[2, true]]);
    link.answer(2);
    link.answer(3);
    link.queue(4);
    expect(replays(callsOf(link.appended(4)))).toEqual([[4, undefined]]);
  });

  it('lets fresh samples wait for company on their way to disk, but not a backlog', () => {
    link.open();
    link.queue(1);
    expect(link.appended(1).relaxed).toBe(true);
    link.queue(2, { acceptedAt: link.bench.nowMs - 5_000 });
    expect(link.answer(1).relaxed).toBe(false);
  });

  it('has one message under way at a time', () => {
    link.open();
    link.queue(1);
    link.appended(1);
    link.queue(2);
    expect(callsOf(link.appended(2))).toEqual([]);
  });

  it('sends under the id fixed in the queue', () => {
    link.queue(1);
    expect(callsOf(link.open())[0]).toMatchObject({
      messageId: 'call-1',
      exactId: true,
      action: 'MeterValues',
    });
  });

  it('tells the charger the answers that somebody waits for, and no others', () => {
    link.queue(1, { kind: 'start' });
    link.queue(2);
    link.open();
    const raw = '{"transactionId":42,"idTagInfo":{"status":"Accepted"}}';
    expect(tellsTo(link.answer(1, raw), 'charger.delivered')).toEqual([{ n: 1, outcome: 'answered', raw }]);
    expect(tellsTo(link.answer(2), 'charger.delivered')).toEqual([]);
  });

  it('delivers in the steady state without a step of the machine', () => {
    link.open();
    link.queue(1);
    link.appended(1);
    link.queue(2);
    const before = link.bench.context;
    link.answer(1);
    link.answer(2);
    expect(link.bench.context).toBe(before);
  });
});

describe('what a delivery writes', () => {
  it('is one small row and one removal in the steady state', () => {
    link.open();
    link.queue(1);
    link.appended(1);
    link.queue(2);
    const written: string[] = [];
    const { rows } = link.bench;
    const set = rows.set.bind(rows);
    rows.set = (key, value) => {
      written.push(`put ${key} ${JSON.stringify(value)}`);
      return set(key, value);
    };
    const remove = rows.delete.bind(rows);
    rows.delete = (key) => {
      written.push(`remove ${key}`);
      return remove(key);
    };
    link.answer(1);
    expect(written).toEqual([
      'remove north/cp1/000000000001',
      'put inFlight/cp1/call {"n":2,"repeat":null,"draining":null}',
    ]);
  });
});

describe('transaction ids', () => {
  const raw = '{ "transactionId" : 1073741824, "meterStop": 1.0 }';

  it("rewrites to the CPMS's id in the very turn in which the start was answered", () => {
    link.transaction('s');
    link.queue(1, { kind: 'start', session: 's', raw: '{"connectorId":1}' });
    link.queue(2, { kind: 'stop', session: 's', transactionId: 1_073_741_824, raw });
    link.open();
    const next = callsOf(link.answer(1, '{"transactionId":0,"idTagInfo":{"status":"Accepted"}}'));
    expect(next.map((call) => call.raw)).toEqual(['{ "transactionId" : 0, "meterStop": 1.0 }']);
    expect(link.transactionRow('s').cpmsTransactionId).toBe(0);
  });

  it('leaves a message of a transaction that is not known here as it is', () => {
    link.queue(1, { kind: 'stop', session: 'foreign', transactionId: 5, raw });
    expect(callsOf(link.open())[0]!.raw).toBe(raw);
  });

  it('leaves the id as it is where both sides use the same', () => {
    link.transaction('s', { transactionId: 7, cpmsTransactionId: 7 });
    const same = '{"transactionId":7}';
    link.queue(1, { kind: 'stop', session: 's', transactionId: 7, raw: same });
    expect(callsOf(link.open())[0]!.raw).toBe(same);
  });

  it.each([
    ['its start is dead', { startDead: true }],
    ['the CPMS gave it no id', { startDead: false }],
  ])('keeps a message as a dead letter when %s', (_, more) => {
    link.transaction('s', more);
    link.queue(1, { kind: 'stop', session: 's', transactionId: 1_073_741_824, raw });
    const turn = link.open();
    expect(callsOf(turn)).toEqual([]);
    expect(link.numbersIn('dead/cp1')).toEqual([1]);
    expect(tellsTo(turn, 'charger.delivered')).toMatchObject([{ n: 1, outcome: 'deadLettered' }]);
    expect(link.mode).toBe('online');
  });
});

describe('a message in doubt', () => {
  it('goes out again first, under the same id with the same bytes, and is journalled', () => {
    link.transaction('s', { cpmsTransactionId: 42 });
    link.queue(2, {
      kind: 'meter',
      session: 's',
      transactionId: 1_073_741_824,
      raw: '{"transactionId":1073741824}',
    });
    const [sent] = callsOf(link.open());
    link.close();
    link.queue(3, { lane: 'boot', kind: 'boot' });
    const turn = link.open();
    const [repeated] = callsOf(turn);
    expect(repeated).toMatchObject({ n: 2, messageId: sent!.messageId, raw: sent!.raw, exactId: true });
    expect(turn.journal).toContainEqual(
      expect.objectContaining({
        type: 'link.repeated',
        data: { n: 2, action: 'MeterValues', callId: 'call-2' },
      }),
    );
    expect(callsOf(link.answer(2))[0]!.n).toBe(3);
  });

  it.each(['timeout', 'closed', 'notConnected'] as const)('is not counted against it: %s', (kind) => {
    link.queue(1);
    link.open();
    link.fail(1, kind);
    expect(link.bench.rows.get('north/cp1/000000000001')).toMatchObject({ attempts: 0, notBefore: 0 });
  });

  it('is known after a restart of the process', () => {
    link.queue(1, { lane: 'status', kind: 'status' });
    link.queue(2, { lane: 'boot', kind: 'boot' });
    link.open();
    link.bench.restart();
    link.configure();
    const turn = link.open();
    expect(callsOf(turn).map(({ n }) => n)).toEqual([2]);
    expect(turn.journal.map(({ type }) => type)).toContain('link.repeated');
  });

  it('is in doubt no more once it was answered', () => {
    link.queue(1);
    link.queue(2);
    link.open();
    link.answer(1);
    link.answer(2);
    link.close();
    link.queue(3);
    expect(link.open().journal.map(({ type }) => type)).not.toContain('link.repeated');
  });

  it('is not disturbed by a failure that belongs to the socket before', () => {
    link.queue(1);
    link.open();
    link.close();
    link.open();
    link.fail(1, 'error', {}, 's1');
    expect([link.mode, link.socket]).toEqual(['resync', { open: 'sending' }]);
  });
});

describe('explicit refusals', () => {
  it('waits twice as long after each, then keeps the message as a dead letter and goes on', () => {
    link.queue(1, { kind: 'notice' });
    link.queue(2);
    link.open();
    for (const waitMs of [2_000, 4_000]) {
      const before = link.bench.nowMs;
      expect(callsOf(link.fail(1, 'error'))).toEqual([]);
      expect(callsOf(link.appended(2))).toEqual([]);
      expect(callsOf(link.bench.fire('pause')).map(({ n }) => n)).toEqual([1]);
      expect(link.bench.nowMs - before).toBe(waitMs);
    }
    const last = link.fail(1, 'error', { code: 'PropertyConstraintViolation', description: 'no' });
    expect(callsOf(last).map(({ n }) => n)).toEqual([2]);
    expect(link.numbersIn('dead/cp1')).toEqual([1]);
    expect(tellsTo(last, 'charger.delivered')).toEqual([
      { n: 1, outcome: 'deadLettered', error: 'PropertyConstraintViolation: no' },
    ]);
    expect(last.journal).toContainEqual(
      expect.objectContaining({
        type: 'link.deadLettered',
        reason: {
          code: 'link.attemptsExhausted',
          params: { attempts: 3, errorCode: 'PropertyConstraintViolation' },
        },
      }),
    );
  });

  it('does not repeat a refused message as one in doubt', () => {
    link.queue(1);
    link.open();
    link.fail(1, 'error');
    link.close();
    const turn = link.open();
    expect(turn.journal.map(({ type }) => type)).not.toContain('link.repeated');
    expect(callsOf(turn)).toEqual([]);
    expect(callsOf(link.bench.fire('pause')).map(({ n }) => n)).toEqual([1]);
  });

  it.each([
    ['the CPMS has a call in progress', 'error', 'Call already in progress'],
    ["the port's own queue is full", 'queueFull', 'queue is full'],
  ] as const)('tries again after 200 ms, without counting, when %s', (_, kind, description) => {
    link.queue(1);
    link.open();
    for (let i = 0; i < 10; i++) {
      const before = link.bench.nowMs;
      link.fail(1, kind, { code: 'RpcFrameworkError', description });
      expect(callsOf(link.bench.fire('pause')).map(({ n }) => n)).toEqual([1]);
      expect(link.bench.nowMs - before).toBe(200);
    }
    expect(link.bench.rows.get('north/cp1/000000000001')).toMatchObject({ attempts: 0 });
  });

  it('hangs up when the CPMS says for longer than it may take to answer that a call is in progress', () => {
    link.queue(1);
    link.open();
    const from = link.bench.nowMs;
    while (link.socket !== 'hangingUp') {
      link.fail(1, 'error', { description: 'Call already in progress' });
      if (link.socket !== 'hangingUp') link.bench.fire('pause');
    }
    expect(link.bench.nowMs - from).toBeGreaterThan(30_000);
    expect(link.bench.nowMs - from).toBeLessThan(31_000);
    expect(link.bench.rows.get('north/cp1/000000000001')).toMatchObject({ attempts: 0 });
    link.close();
    expect(callsOf(link.open()).map(({ n }) => n)).toEqual([1]);
  });

  it('counts a framework error of another kind', () => {
    link.queue(1);
    link.open();
    link.fail(1, 'error', { code: 'RpcFrameworkError', description: 'payload incomplete' });
    expect(link.bench.rows.get('north/cp1/000000000001')).toMatchObject({ attempts: 1 });
  });

  it('takes the later messages of its session along with a dead start, in order, and no others', () => {
    link.transaction('s');
    link.queue(1, { kind: 'start', session: 's', attempts: 2 });
    link.queue(2, { session: 's', transactionId: 9 });
    link.queue(3, { session: 'other' });
    link.queue(4, { kind: 'stop', session: 's', transactionId: 9 });
    link.open();
    const turn = link.fail(1, 'error');
    expect(link.numbersIn('dead/cp1')).toEqual([1, 2, 4]);
    expect(tellsTo(turn, 'charger.delivered').map((data) => (data as { n: number }).n)).toEqual([1, 2, 4]);
    expect(link.transactionRow('s').startDead).toBe(true);
    expect(callsOf(turn).map(({ n }) => n)).toEqual([3]);
  });
});

describe('dead letters sent again', () => {
  it('go back to their old place, a start with all of its session', () => {
    link.transaction('s');
    link.queue(1, { kind: 'start', session: 's', attempts: 2 });
    link.queue(2, { session: 's', transactionId: 1_073_741_824 });
    link.open();
    link.fail(1, 'error');
    const turn = link.bench.deliver('link.resend', { n: 1, reason: 'asked' });
    expect(link.numbersIn('dead/cp1')).toEqual([]);
    expect(link.transactionRow('s').startDead).toBe(false);
    expect(drain(callsOf(turn))).toEqual([1, 2]);
    expect(turn.journal).toContainEqual(
      expect.objectContaining({ type: 'link.resent', data: { n: [1, 2] } }),
    );
  });

  it('bring their start along when that is dead too', () => {
    link.transaction('s');
    link.queue(1, { kind: 'start', session: 's', attempts: 2 });
    link.queue(2, { session: 's', transactionId: 1_073_741_824 });
    link.open();
    link.fail(1, 'error');
    expect(drain(callsOf(link.bench.deliver('link.resend', { n: 2, reason: 'asked' })))).toEqual([1, 2]);
  });

  it.each([
    ['after a later message was delivered', false],
    ['while a later message is under way', true],
  ])('leave in order %s', (_when, isUnderWay) => {
    link.transaction('s');
    link.queue(1, { kind: 'start', session: 's', attempts: 2 });
    link.open();
    link.fail(1, 'error');
    link.queue(2, { kind: 'status', lane: 'status' });
    link.appended(2);
    if (!isUnderWay) link.answer(2);
    link.queue(3, { session: 's', transactionId: 1_073_741_824 });
    link.queue(4, { session: 's', transactionId: 1_073_741_824 });
    if (isUnderWay) link.answer(2);
    else link.appended(3);
    expect(link.numbersIn('dead/cp1')).toEqual([1, 3, 4]);
    link.queue(5, { kind: 'status', lane: 'status' });
    const first = callsOf(link.appended(5));
    const resent = link.bench.deliver('link.resend', { n: 1, reason: 'asked' });
    expect(callsOf(resent)).toEqual([]);
    expect(first.map(({ n }) => n)).toEqual([5]);
    expect(drain(callsOf(link.answer(5)))).toEqual([1, 3, 4]);
    expect(link.numbersIn('parked/cp1')).toEqual([]);
  });

  it('leave in order when the message after the last one sent is among them', () => {
    link.transaction('s');
    link.queue(1, { kind: 'start', session: 's', attempts: 2 });
    link.open();
    link.fail(1, 'error');
    link.queue(2, { kind: 'status', lane: 'status' });
    link.appended(2);
    link.answer(2);
    link.queue(3, { session: 's', transactionId: 1_073_741_824 });
    link.appended(3);
    expect(link.numbersIn('dead/cp1')).toEqual([1, 3]);
    expect(drain(callsOf(link.bench.deliver('link.resend', { n: 1, reason: 'asked' })))).toEqual([1, 3]);
    expect(link.numbersIn('parked/cp1')).toEqual([]);
  });

  it('start with a clean slate', () => {
    link.queue(1, { attempts: 2 });
    link.open();
    link.fail(1, 'error');
    expect((link.bench.rows.get('dead/cp1/000000000001') as unknown as DeadRow).attempts).toBe(3);
    link.bench.deliver('link.resend', { n: 1, reason: 'asked' });
    expect(link.bench.rows.get('north/cp1/000000000001')).toMatchObject({ attempts: 0, notBefore: 0 });
    expect(link.bench.rows.get('north/cp1/000000000001')).not.toHaveProperty('error');
  });

  it.each(['-1', 'null'])('never leave when the charger made their transaction id up: %s', (id) => {
    link.queue(1, { kind: 'stop', raw: `{"transactionId":${id}}`, attempts: 2 });
    link.open();
    link.fail(1, 'error');
    const turn = link.bench.deliver('link.resend', { n: 1, reason: 'asked' });
    expect([turn.effects, link.numbersIn('dead/cp1')]).toEqual([[], [1]]);
  });

  it('change nothing when there is none of that number', () => {
    link.open();
    const turn = link.bench.deliver('link.resend', { n: 5, reason: 'asked' });
    expect([turn.effects, turn.journal]).toEqual([[], []]);
  });
});
