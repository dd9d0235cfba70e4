import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../../../adapters/ocpp/call-queue.ts';
import { type IncomingCall, Rpc, type RpcOptions, UNREADABLE_MAX } from '../../../../adapters/ocpp/rpc.ts';
import { validatorOf } from '../../../../adapters/ocpp/validate.ts';
import { countingRandom, HandClock } from './helpers.ts';
import { mutations } from './malformed.ts';

const validator = validatorOf('1.6', 'receive');

function aRpc(overrides: Partial<RpcOptions> = {}) {
  const clock = new HandClock();
  const sent: string[] = [];
  const calls: IncomingCall[] = [];
  const closes: number[] = [];
  const rpc = new Rpc({
    clock,
    random: countingRandom(),
    validator,
    peer: 'charger',
    frame: { charsMax: 256 * 1024, idLengthMax: 36 },
    incomingMax: 3,
    queueMax: 2,
    send: (text) => sent.push(text) > 0,
    close: (code) => closes.push(code),
    onCall: (call) => calls.push(call),
    ...overrides,
  });
  const outcomes: Array<[string, CallOutcome]> = [];
  const call = (name: string, options: { id?: string; exactId?: boolean; timeoutMs?: number } = {}): void =>
    rpc.call({
      action: 'Reset',
      raw: '{"type":"Soft"}',
      timeoutMs: 1_000,
      ...options,
      settle: (outcome) => outcomes.push([name, outcome]),
    });
  /** Who ended how, in order. */
  const ends = (): string[] =>
    outcomes.map(([name, outcome]) => `${name}:${outcome.kind === 'failed' ? outcome.why : outcome.kind}`);
  return { rpc, clock, sent, calls, closes, call, outcomes, ends };
}

describe('a CALL of ours', () => {
  test('is one in flight: the next leaves when the first is answered', () => {
    const { rpc, sent, call, ends } = aRpc();
    call('a', { id: 'A' });
    call('b', { id: 'B' });
    expect(sent).toEqual(['[2,"A","Reset",{"type":"Soft"}]']);
    rpc.receive('[3,"A",{"status":"Accepted"}]');
    expect(sent).toHaveLength(2);
    rpc.receive('[4,"B","NotSupported","no",{"k":1}]');
    expect(ends()).toEqual(['a:answered', 'b:error']);
  });

  test('carries the raw answer and its parsed form to whoever asked', () => {
    const { rpc, call, outcomes } = aRpc();
    call('a', { id: 'A' });
    rpc.receive('[3,"A",{ "status": "Accepted" }]');
    expect(outcomes[0]?.[1]).toEqual({
      kind: 'answered',
      raw: '{ "status": "Accepted" }',
      payload: { status: 'Accepted' },
    });
  });

  test('is refused as queueFull when too many wait, and nothing of it is sent', () => {
    const { sent, call, ends } = aRpc();
    for (const name of ['a', 'b', 'c', 'd']) call(name);
    expect(ends()).toEqual(['d:queueFull']);
    expect(sent).toHaveLength(1);
  });

  test('times out by the clock, waiting in the queue included, and is never sent afterwards', () => {
    const { clock, sent, call, ends } = aRpc();
    call('a', { timeoutMs: 1_000 });
    call('b', { timeoutMs: 500 });
    clock.advance(600);
    expect(ends()).toEqual(['b:timeout']);
    clock.advance(400);
    expect(ends()).toEqual(['b:timeout', 'a:timeout']);
    expect(sent).toHaveLength(1);
    expect(clock.armed).toBe(0);
  });

  test('is not confused by answers that are late, doubled or nobody asked for', () => {
    const { rpc, clock, call, ends } = aRpc();
    call('a', { id: 'A', timeoutMs: 100 });
    clock.advance(100);
    call('b', { id: 'B' });
    rpc.receive('[3,"A",{"status":"Accepted"}]');
    rpc.receive('[3,"never",{"status":"Accepted"}]');
    rpc.receive('[3,"B",{"status":"Accepted"}]');
    rpc.receive('[4,"B","GenericError","",{}]');
    expect(ends()).toEqual(['a:timeout', 'b:answered']);
    expect(rpc.counts.strayAnswers).toBe(3);
  });

  test.each([['[3,"A",{"status":"Maybe"}]'], ['[3,"A",{}]'], ['[3,"A",null]'], ['[3,"A",{"status":}]']])(
    'fails as invalid when its answer is %s',
    (answer) => {
      const { rpc, call, ends } = aRpc();
      call('a', { id: 'A' });
      rpc.receive(answer);
      expect(ends()).toEqual(['a:invalid']);
    },
  );

  test('gets another id when the wanted one is in use, unless it must be exactly that', () => {
    const { sent, rpc, call, ends } = aRpc();
    call('a', { id: 'A' });
    call('b', { id: 'A' });
    call('c', { id: 'A', exactId: true });
    expect(ends()).toEqual(['c:invalid']);
    rpc.receive('[3,"A",{"status":"Accepted"}]');
    expect(sent[1]).toContain('"uuid-1"');
  });

  test('ends as closed when the socket goes, in order, and later ones are not taken', () => {
    const { rpc, clock, call, ends } = aRpc();
    call('a');
    call('b');
    rpc.shut();
    call('c');
    expect(ends()).toEqual(['a:closed', 'b:closed', 'c:closed']);
    expect(clock.armed).toBe(0);
  });
});

describe('a CALL of the peer', () => {
  test('is handed on with its raw payload and answered once', () => {
    const { rpc, sent, calls } = aRpc();
    rpc.receive('[2,"1","Authorize",{ "idTag":"X" }]');
    expect(calls).toMatchObject([
      { id: '1', action: 'Authorize', raw: '{ "idTag":"X" }', payload: { idTag: 'X' } },
    ]);
    expect(rpc.answer('1', '{"idTagInfo":{"status":"Accepted"}}')).toBe(true);
    expect(rpc.answer('1', '{}')).toBe(false);
    expect(rpc.fail('1', { code: 'GenericError', description: '', details: {} })).toBe(false);
    expect(sent).toEqual(['[3,"1",{"idTagInfo":{"status":"Accepted"}}]']);
  });

  test('is ignored when its id is still being answered, and taken again once given up', () => {
    const { rpc, calls } = aRpc();
    rpc.receive('[2,"1","Heartbeat",{}]');
    rpc.receive('[2,"1","Heartbeat",{}]');
    expect(calls).toHaveLength(1);
    expect(rpc.counts.repeatedCalls).toBe(1);
    rpc.forget('1');
    rpc.receive('[2,"1","Heartbeat",{}]');
    expect(calls).toHaveLength(2);
  });

  test('is answered with CALLERROR beyond the bound of unanswered ones', () => {
    const { rpc, sent, calls } = aRpc();
    for (const id of ['1', '2', '3', '4']) rpc.receive(`[2,"${id}","Heartbeat",{}]`);
    expect(calls).toHaveLength(3);
    expect(JSON.parse(sent[0] ?? '').slice(0, 3)).toEqual([4, '4', 'InternalError']);
  });

  test.each([
    ['[2,"1","Flatten",{}]', 'NotImplemented'],
    ['[2,"1","constructor",{}]', 'NotImplemented'],
    ['[2,"1","Reset",{"type":"Hard"}]', 'NotSupported'],
    ['[2,"1","Authorize",{}]', 'OccurenceConstraintViolation'],
    ['[2,"1","Authorize",{"idTag":7}]', 'TypeConstraintViolation'],
    ['[2,"1","Authorize",{"idTag":"123456789012345678901"}]', 'PropertyConstraintViolation'],
    [
      '[2,"1","StatusNotification",{"connectorId":1e999,"errorCode":"NoError","status":"Available"}]',
      'TypeConstraintViolation',
    ],
    ['[2,"1","Authorize",[]]', 'FormationViolation'],
    ['[2,"1","Authorize",{"idTag":}]', 'FormationViolation'],
    ['[2,"1"]', 'FormationViolation'],
  ])('%s is answered with %s', (text, code) => {
    const { rpc, sent, calls } = aRpc();
    rpc.receive(text);
    expect(calls).toEqual([]);
    expect(JSON.parse(sent[0] ?? '').slice(0, 3)).toEqual([4, '1', code]);
  });
});

describe('what cannot be answered', () => {
  test('is forgiven a few times, then the socket is closed with 1007', () => {
    const { rpc, closes, sent } = aRpc();
    for (let n = 1; n < UNREADABLE_MAX; n += 1) rpc.receive('');
    expect(closes).toEqual([]);
    rpc.receive('[2,"1","Heartbeat",{}]');
    for (let n = 1; n < UNREADABLE_MAX; n += 1) rpc.receive('nonsense');
    expect(closes).toEqual([]);
    rpc.receive('nonsense');
    expect(closes).toEqual([1007]);
    expect(sent).toEqual([]);
  });

  test('closes the socket with 1009 when it is too large to look at', () => {
    const { rpc, closes } = aRpc({ frame: { charsMax: 100, idLengthMax: 36 } });
    rpc.receive('x'.repeat(101));
    expect(closes).toEqual([1009]);
  });

  test('never throws, and every broken CALL with an id is answered, over 5 000 mutated frames', () => {
    const { rpc, sent, calls } = aRpc({ incomingMax: 1_000_000 });
    for (const text of mutations(99, 5_000)) rpc.receive(text);
    expect(calls.length).toBeGreaterThan(0);
    expect(sent.length).toBe(rpc.counts.refusedCalls);
    expect(rpc.counts.refusedCalls).toBeGreaterThan(100);
    expect(rpc.counts.unreadable).toBeGreaterThan(100);
  });
});

describe('answering first', () => {
  test('holds our CALL while the peer waits, and ends at once with our answer', () => {
    const { rpc, clock, sent, call } = aRpc({ peer: 'cpms', answerFirst: () => true });
    rpc.receive('[2,"q","Reset",{"type":"Soft"}]');
    call('a', { timeoutMs: 10_000 });
    clock.advance(1_900);
    expect(sent).toEqual([]);
    rpc.answer('q', '{"status":"Accepted"}');
    expect(sent).toHaveLength(2);
  });

  test('holds for 2 s at most', () => {
    const { rpc, clock, sent, call } = aRpc({ peer: 'cpms', answerFirst: () => true });
    rpc.receive('[2,"q","Reset",{"type":"Soft"}]');
    call('a', { timeoutMs: 10_000 });
    clock.advance(1_999);
    expect(sent).toEqual([]);
    clock.advance(1);
    expect(sent).toHaveLength(1);
  });

  test('ends as soon as it is no longer wanted', () => {
    let wanted = true;
    const { rpc, clock, sent, call } = aRpc({ peer: 'cpms', answerFirst: () => wanted });
    rpc.receive('[2,"q","Reset",{"type":"Soft"}]');
    call('a', { timeoutMs: 10_000 });
    wanted = false;
    clock.advance(100);
    expect(sent).toHaveLength(1);
  });
});
