import { beforeEach, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { backendLinkKind } from '../../../actors/backend-link-actor.ts';
import type { ParkedRow, QueueRow } from '../../../actors/tells.ts';
import { backendLinkMachine } from '../../../machines/backend-link/backend-link.machine.ts';
import type { Json } from '../../../runtime/envelope.ts';
import type { BenchTurn } from '../../helpers/actor-bench.ts';
import { callsOf, LinkBench, linkConfig, tellsTo } from '../../helpers/link-bench.ts';

const MINUTE_MS = 60_000;
const START = { kind: 'start', action: 'StartTransaction', session: 's' } as const;
const OF_SESSION = { session: 's', transactionId: 1_073_741_824, raw: '{"transactionId":1073741824}' };

let link: LinkBench;
beforeEach(() => {
  link = new LinkBench();
  link.configure();
});

function numbersOf(turn: BenchTurn): number[] {
  return callsOf(turn).map(({ n }) => n);
}

function isProbe(turn: BenchTurn): boolean {
  const calls = callsOf(turn);
  return calls.length === 1 && calls[0]!.action === 'Heartbeat';
}

function parkedRow(n: number): ParkedRow | undefined {
  const key = `parked/cp1/${String(n).padStart(12, '0')}`;
  return link.bench.rows.get(key) as unknown as ParkedRow | undefined;
}

/** One more try: the socket opens, whatever goes before message n is answered, n is not. Gives the turn of its failure. */
function tryInVain(n: number, how: 'hangs' | 'drops' = 'hangs', tookMs = 90_000): BenchTurn {
  let turn = link.open();
  if (isProbe(turn)) turn = link.answerProbe();
  expect(numbersOf(turn)).toEqual([n]);
  link.bench.nowMs += tookMs;
  const failure = how === 'hangs' ? link.fail(n, 'timeout') : link.close();
  if (how === 'hangs') link.close();
  link.bench.fire('redialWait');
  return failure;
}

/** Tries until n is set aside; gives the number of tries. */
function untilParked(n: number, how: 'hangs' | 'drops' = 'hangs', tookMs = 90_000): number {
  for (let tries = 1; tries <= 200; tries++) {
    tryInVain(n, how, tookMs);
    if (parkedRow(n)) return tries;
  }
  throw new Error(`${n} was never parked`);
}

/** Answers what leaves until nothing does; gives the numbers in the order in which they left. */
function drain(first: BenchTurn): number[] {
  const order: number[] = [];
  for (let turn = first; callsOf(turn).length > 0; ) {
    const [call] = callsOf(turn);
    order.push(call!.n);
    turn = link.answer(call!.n, '{"transactionId":42,"idTagInfo":{"status":"Accepted"}}');
  }
  return order;
}

describe('a message under suspicion', () => {
  it('is repeated as it is after one and two interruptions', () => {
    link.queue(1);
    for (let i = 0; i < 2; i++) {
      expect(numbersOf(link.open())).toEqual([1]);
      link.close();
    }
    expect(isProbe(link.open())).toBe(true);
  });

  it('waits for the answer to a harmless CALL, whatever that says, and for nothing else', () => {
    link.queue(1);
    tryInVain(1);
    tryInVain(1);
    expect(isProbe(link.open())).toBe(true);
    link.queue(2);
    expect(callsOf(link.appended(2))).toEqual([]);
    expect(numbersOf(link.failProbe('error', { code: 'SecurityError' }))).toEqual([1]);
    link.close();
    expect(isProbe(link.open())).toBe(true);
    expect(numbersOf(link.answerProbe())).toEqual([1]);
  });

  it('does not leave when the harmless CALL goes unanswered: the CPMS hangs on everything', () => {
    link.queue(1);
    tryInVain(1);
    tryInVain(1);
    for (let i = 0; i < 100; i++) {
      link.open();
      link.bench.nowMs += 90_000;
      link.failProbe('timeout');
      expect(link.socket).toBe('hangingUp');
      link.close();
      link.bench.fire('redialWait');
    }
    expect(link.numbersIn('north/cp1')).toEqual([1]);
    expect(link.numbersIn('parked/cp1')).toEqual([]);
  });

  it('is asked about again after a rest when the CPMS has a call in progress', () => {
    link.queue(1);
    tryInVain(1);
    tryInVain(1);
    link.open();
    link.failProbe('error', { description: 'Call already in progress' });
    expect(isProbe(link.bench.fire('pause'))).toBe(true);
  });

  it('is not blamed when the CPMS is not ready for the harmless CALL either', () => {
    link.queue(1);
    tryInVain(1);
    tryInVain(1);
    link.open();
    while (link.socket !== 'hangingUp') {
      link.failProbe('error', { description: 'Call already in progress' });
      if (link.socket !== 'hangingUp') link.bench.fire('pause');
    }
    expect(link.bench.rows.get('suspect/cp1/call')).toMatchObject({ failures: 2, strikes: 0 });
  });

  it('is no longer under suspicion when another message goes unanswered', () => {
    link.queue(1);
    tryInVain(1);
    tryInVain(1);
    link.open();
    link.answerProbe();
    link.queue(2);
    expect(numbersOf(link.answer(1))).toEqual([2]);
    link.close();
    expect(numbersOf(link.open())).toEqual([2]);
  });

  it('is not blamed for the end of a socket on which it was not under way', () => {
    link.queue(1);
    tryInVain(1);
    tryInVain(1);
    for (let i = 0; i < 30; i++) {
      link.open();
      link.close();
    }
    expect(link.bench.rows.get('suspect/cp1/call')).toMatchObject({ failures: 2, strikes: 0 });
  });

  it('is not blamed for a restart of the process', () => {
    link.queue(1);
    link.open();
    link.bench.restart();
    link.configure();
    expect(link.bench.rows.get('suspect/cp1/call')).toBeUndefined();
  });
});

describe('a message that alone makes the CPMS hang or hang up', () => {
  it.each(['hangs', 'drops'] as const)('is set aside, and the queue moves on: it %s', (how) => {
    link.queue(1);
    link.queue(2);
    untilParked(1, how);
    expect(link.numbersIn('parked/cp1')).toEqual([1]);
    expect(drain(link.open())).toEqual([2]);
    expect(link.mode).toBe('online');
  });

  it('is set aside too when the CPMS is never ready for it', () => {
    link.queue(1);
    for (let tries = 0; tries < 80 && !parkedRow(1); tries++) {
      if (isProbe(link.open())) link.answerProbe();
      while (link.socket !== 'hangingUp') {
        link.fail(1, 'error', { description: 'Call already in progress' });
        if (link.socket !== 'hangingUp') link.bench.fire('pause');
      }
      link.close();
      link.bench.fire('redialWait');
    }
    expect(link.numbersIn('parked/cp1')).toEqual([1]);
  });

  it('needs 20 strikes, however long they take', () => {
    link.queue(1);
    expect(untilParked(1, 'hangs', 10 * MINUTE_MS)).toBe(2 + 20);
  });

  it('needs 30 minutes, however many strikes there are', () => {
    link.queue(1);
    const from = link.bench.nowMs;
    untilParked(1, 'hangs', 30_000);
    expect(link.bench.nowMs - from).toBeGreaterThanOrEqual(30 * MINUTE_MS);
  });

  it('holds up the others for at most 45 minutes at the default times', () => {
    for (const [how, tookMs] of [
      ['hangs', 30_000],
      ['drops', 100],
      ['drops', 29_000],
    ] as const) {
      link = new LinkBench();
      link.configure();
      link.queue(1);
      const from = link.bench.nowMs;
      untilParked(1, how, tookMs);
      expect(link.bench.nowMs - from).toBeLessThanOrEqual(45 * MINUTE_MS);
    }
  });

  it('is journalled with its history and keeps every byte', () => {
    const row = link.queue(1, { kind: 'notice', action: 'DataTransfer', connector: null });
    let turn: BenchTurn;
    do turn = tryInVain(1);
    while (!parkedRow(1));
    expect(turn.journal).toContainEqual({
      type: 'link.parked',
      data: { n: 1, action: 'DataTransfer', callId: 'call-1', followers: [], tries: 0 },
      reason: { code: 'link.onlyThisHangs', params: { strikes: 20, failures: 22 } },
      charger: 'cp1',
    });
    expect(parkedRow(1)).toMatchObject({ ...row, behind: null, tries: 0, error: expect.any(String) });
    expect(tellsTo(turn, 'charger.delivered')).toEqual([]);
  });

  it('becomes a dead letter when it is a status or a boot: by the next try it would be out of date', () => {
    link.queue(1, { lane: 'status', kind: 'status', action: 'StatusNotification' });
    for (let i = 0; i < 22; i++) tryInVain(1);
    expect(link.numbersIn('dead/cp1')).toEqual([1]);
    expect(link.numbersIn('parked/cp1')).toEqual([]);
  });

  it('keeps its strikes over a restart of the process', () => {
    link.queue(1);
    for (let i = 0; i < 12; i++) tryInVain(1);
    link.bench.restart();
    link.configure();
    expect(untilParked(1)).toBe(10);
  });
});

describe('a parked start', () => {
  beforeEach(() => {
    link.transaction('s');
    link.queue(1, { ...START });
    link.queue(2, OF_SESSION);
    link.queue(3, { session: 'other' });
    link.queue(4, { ...OF_SESSION, kind: 'stop', action: 'StopTransaction' });
    untilParked(1);
  });

  it('takes the later messages of its transaction along, in order, and no others', () => {
    expect(link.numbersIn('parked/cp1')).toEqual([1, 2, 4]);
    expect([1, 2, 4].map((n) => parkedRow(n)!.behind)).toEqual([null, 1, 1]);
    expect(drain(link.open())).toEqual([3]);
  });

  it('has what is accepted of its transaction later wait for it', () => {
    drain(link.open());
    link.queue(9, OF_SESSION);
    link.queue(10);
    expect(drain(link.appended(9))).toEqual([10]);
    expect(parkedRow(9)).toMatchObject({ behind: 1 });
  });

  it('has a long backlog of its transaction wait for it, a bounded part in each turn', () => {
    drain(link.open());
    for (let n = 10; n < 210; n++) link.queue(n, OF_SESSION);
    link.queue(300);
    const turn = link.appended(10);
    expect(turn.tells.map(({ to, type }) => [to, type])).toEqual([['link/cp1', 'link.queueAppended']]);
    expect([numbersOf(turn), link.numbersIn('parked/cp1').length]).toEqual([[], 3 + 64]);
    const order = [1, 2, 3].flatMap(() => numbersOf(link.appended(0)));
    expect(order).toEqual([300]);
    expect(link.numbersIn('parked/cp1')).toHaveLength(3 + 200);
  });

  it('brings them back as one unit, in order, when it is accepted at last', () => {
    drain(link.open());
    const turn = link.bench.fire('parkedRest');
    expect(numbersOf(turn)).toEqual([1]);
    expect(link.numbersIn('parked/cp1')).toEqual([2, 4]);
    expect(drain(turn)).toEqual([1, 2, 4]);
    expect(link.numbersIn('parked/cp1')).toEqual([]);
    expect(link.transactionRow('s').cpmsTransactionId).toBe(42);
  });

  it('has messages of its transaction that come while it is tried wait their turn', () => {
    drain(link.open());
    const turn = link.bench.fire('parkedRest');
    link.queue(9, OF_SESSION);
    expect(drain(turn)).toEqual([1, 2, 4, 9]);
  });

  it('dies with all of its unit when the CPMS refuses it for good', () => {
    drain(link.open());
    link.bench.fire('parkedRest');
    link.fail(1, 'error');
    link.bench.fire('pause');
    link.fail(1, 'error');
    link.bench.fire('pause');
    const turn = link.fail(1, 'error');
    expect(link.numbersIn('dead/cp1')).toEqual([1, 2, 4]);
    expect(link.numbersIn('parked/cp1')).toEqual([]);
    expect(tellsTo(turn, 'charger.delivered').map((data) => (data as { n: number }).n)).toEqual([1, 2, 4]);
  });
});

describe('what is parked', () => {
  it('is tried again after an hour, first of all, with the same bytes under the same id', () => {
    const row = link.queue(1);
    untilParked(1);
    drain(link.open());
    const from = link.bench.nowMs;
    const turn = link.bench.fire('parkedRest');
    expect(link.bench.nowMs - from).toBeLessThanOrEqual(60 * MINUTE_MS);
    expect(link.bench.nowMs - from).toBeGreaterThan(55 * MINUTE_MS);
    expect(callsOf(turn)).toMatchObject([{ messageId: row.callId, raw: row.raw, exactId: true }]);
    expect(turn.journal.map(({ type }) => type)).toContain('link.parkedTried');
  });

  it('costs the others one try an hour when it goes on hanging', () => {
    link.queue(1);
    untilParked(1);
    drain(link.open());
    link.bench.fire('parkedRest');
    link.fail(1, 'timeout');
    expect(parkedRow(1)).toMatchObject({ tries: 1, nextTryAt: link.bench.nowMs + 60 * MINUTE_MS });
    link.close();
    link.queue(2);
    expect(drain(link.open())).toEqual([2]);
  });

  it('waits for the link when that is down at the time, and for the backlog', () => {
    link.queue(1);
    untilParked(1);
    link.queue(2);
    link.bench.fire('parkedRest');
    expect(drain(link.open())).toEqual([2, 1]);
  });

  it('is tried at once, one after the other, when one of them gets through', () => {
    link.queue(1);
    untilParked(1);
    link.queue(2);
    untilParked(2);
    link.queue(3);
    untilParked(3);
    drain(link.open());
    expect(drain(link.bench.fire('parkedRest'))).toEqual([1, 2, 3]);
    expect(link.bench.value).toMatchObject({ parked: 'none' });
  });

  it('is tried one at a time, five minutes apart, while each goes on hanging', () => {
    link.queue(1);
    untilParked(1);
    link.queue(2);
    untilParked(2);
    link.bench.nowMs += 120 * MINUTE_MS;
    drain(link.open());
    const tries: Array<[number[], number]> = [];
    for (let i = 0; i < 2; i++) {
      const turn = link.bench.fire('parkedRest');
      tries.push([numbersOf(turn), link.bench.nowMs]);
      link.fail(numbersOf(turn)[0]!, 'timeout');
      link.close();
      link.open();
    }
    expect(tries.map(([numbers]) => numbers)).toEqual([[1], [2]]);
    expect(tries[1]![1] - tries[0]![1]).toBeGreaterThanOrEqual(5 * MINUTE_MS);
  });

  it('is counted again from nothing when it was given up for another reason and is sent again', () => {
    link.queue(1);
    untilParked(1);
    drain(link.open());
    link.bench.fire('parkedRest');
    expect(link.numbersIn('parked/cp1')).toEqual([]);
    link.answer(1);
    link.queue(1);
    link.appended(1);
    link.close();
    expect(numbersOf(link.open())).toEqual([1]);
  });
});

describe('a parked message that somebody asks to be sent again', () => {
  it('leaves at once, and the journal says who wanted it why', () => {
    link.queue(1);
    untilParked(1);
    drain(link.open());
    const turn = link.bench.deliver('link.resend', { n: 1, reason: 'CPMS was repaired' });
    expect(numbersOf(turn)).toEqual([1]);
    expect(turn.journal).toContainEqual({
      type: 'link.resent',
      data: { n: [1] },
      reason: { code: 'link.resendAsked', params: { reason: 'CPMS was repaired' } },
      charger: 'cp1',
    });
  });

  it('brings its start first when it waits for one', () => {
    link.transaction('s');
    link.queue(1, { ...START });
    link.queue(2, OF_SESSION);
    untilParked(1);
    drain(link.open());
    expect(drain(link.bench.deliver('link.resend', { n: 2, reason: 'x' }))).toEqual([1, 2]);
  });

  it('waits for the socket when there is none', () => {
    link.queue(1);
    untilParked(1);
    expect(callsOf(link.bench.deliver('link.resend', { n: 1, reason: 'x' }))).toEqual([]);
    expect(drain(link.open())).toEqual([1]);
  });
});

describe('an actor stored before messages could be parked', () => {
  it('is restored with nothing parked', () => {
    const actor = createActor(backendLinkMachine, { input: { charger: 'cp1', ...linkConfig } });
    const snapshot = JSON.parse(JSON.stringify(actor.start().getPersistedSnapshot())) as {
      value: Record<string, Json>;
      context: Record<string, Json>;
    };
    delete snapshot.value.parked;
    delete snapshot.context.restMs;
    const stored = { version: 1, snapshot: snapshot as unknown as Json, timers: [], lastArm: 0 };
    const migrated = backendLinkKind.migrations[1]!(stored);
    const restored = createActor(backendLinkMachine, {
      snapshot: migrated.snapshot as never,
      input: undefined as never,
    }).start();
    expect(restored.getSnapshot().matches({ parked: 'none' })).toBe(true);
    expect(restored.getSnapshot().context.restMs).toBe(0);
    expect(backendLinkKind.snapshotVersion).toBe(2);
  });
});

describe('a queue row', () => {
  it('does not keep that it was once on trial', () => {
    link.queue(1);
    untilParked(1);
    drain(link.open());
    link.bench.fire('parkedRest');
    const row = link.bench.rows.get('north/cp1/000000000001') as unknown as QueueRow;
    expect(row.trial).toMatchObject({ tries: 1 });
    for (const fire of [true, true, false]) {
      link.fail(1, 'error');
      if (fire) link.bench.fire('pause');
    }
    expect(link.bench.rows.get('dead/cp1/000000000001')).not.toHaveProperty('trial');
  });
});
