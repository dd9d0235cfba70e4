import { describe, expect, test } from 'vitest';
import type { CallOutcome } from '../../../../adapters/ocpp/call-queue.ts';
import { type IncomingCall, Rpc, UNREADABLE_MAX } from '../../../../adapters/ocpp/rpc.ts';
import { validatorOf } from '../../../../adapters/ocpp/validate.ts';
import type { OcppVersion } from '../../../../machines/shared/ocpp-version.ts';
import { countingRandom, HandClock } from './helpers.ts';
import { mutations, REAL_FRAMES_201 } from './malformed.ts';

function aRpc(version: OcppVersion, incomingMax = 3) {
  const sent: string[] = [];
  const calls: IncomingCall[] = [];
  const closes: number[] = [];
  const outcomes: CallOutcome[] = [];
  const rpc = new Rpc({
    clock: new HandClock(),
    random: countingRandom(),
    validator: validatorOf(version, 'receive'),
    peer: 'charger',
    frame: { charsMax: 256 * 1024, idLengthMax: 36 },
    incomingMax,
    queueMax: 2,
    send: (text) => sent.push(text) > 0,
    close: (code) => closes.push(code),
    onCall: (call) => calls.push(call),
  });
  const reset = (id: string): void =>
    rpc.call({
      action: 'Reset',
      raw: '{"type":"Immediate"}',
      timeoutMs: 1_000,
      id,
      settle: (outcome) => outcomes.push(outcome),
    });
  return { rpc, sent, calls, closes, outcomes, reset };
}

describe('a frame on a socket of 2.0.1', () => {
  test.each([
    ['[2,"1","Flatten",{}]', 'NotImplemented'],
    ['[2,"1","StartTransaction",{}]', 'NotImplemented'],
    ['[2,"1","Reset",{"type":"Immediate"}]', 'NotSupported'],
    ['[2,"1","Authorize",{}]', 'OccurrenceConstraintViolation'],
    ['[2,"1","Authorize",{"idToken":"X"}]', 'TypeConstraintViolation'],
    ['[2,"1","Authorize",{"idToken":{"idToken":"X","type":"Fingerprint"}}]', 'PropertyConstraintViolation'],
    ['[2,"1","Heartbeat",{"colour":"red"}]', 'FormatViolation'],
    ['[2,"1","Authorize",[]]', 'FormatViolation'],
    ['[2,"1","Authorize",{"idToken":}]', 'FormatViolation'],
    ['[2,"1"]', 'FormatViolation'],
    ['[5,"1","InternalError","",{}]', 'MessageTypeNotSupported'],
    ['[6,"1","NotifyPeriodicEventStream",{}]', 'MessageTypeNotSupported'],
    ['[0,"1"]', 'MessageTypeNotSupported'],
  ])('%s is answered with %s', (text, code) => {
    const { rpc, sent, calls } = aRpc('2.0.1');
    rpc.receive(text);
    expect(calls).toEqual([]);
    expect(JSON.parse(sent[0] ?? '').slice(0, 3)).toEqual([4, '1', code]);
  });

  test('is answered under the id -1 when it is a CALL whose own cannot be read', () => {
    const { rpc, sent } = aRpc('2.0.1');
    rpc.receive('[2,7,"Heartbeat",{}]');
    expect(JSON.parse(sent[0] ?? '').slice(0, 3)).toEqual([4, '-1', 'RpcFrameworkError']);
  });

  test('that nobody can be told about is forgiven a few times, then the socket ends', () => {
    const { rpc, sent, closes } = aRpc('2.0.1');
    for (let n = 0; n < UNREADABLE_MAX; n += 1) rpc.receive('[4,7]');
    expect(closes).toEqual([1007]);
    expect(sent).toEqual([]);
  });

  test('that answers ours with a type of 2.1 does not end our CALL', () => {
    const { rpc, outcomes, reset } = aRpc('2.0.1');
    reset('A');
    rpc.receive('[6,"A","NotifyPeriodicEventStream",{}]');
    expect(outcomes).toEqual([]);
    rpc.receive('[3,"A",{"status":"Scheduled"}]');
    expect(outcomes).toMatchObject([{ kind: 'answered', payload: { status: 'Scheduled' } }]);
  });

  test('never makes it throw, and every broken CALL with an id is answered, over 5 000 mutated frames', () => {
    const { rpc, sent, calls } = aRpc('2.0.1', 1_000_000);
    for (const text of mutations(201, 5_000, REAL_FRAMES_201)) rpc.receive(text);
    expect(calls.length).toBeGreaterThan(0);
    expect(sent.length).toBe(rpc.counts.refusedCalls);
    expect(rpc.counts.refusedCalls).toBeGreaterThan(100);
  });
});

describe('a frame of a type of 2.1 on a socket of 1.6', () => {
  test.each(['[5,"A","InternalError","",{}]', '[6,"A","NotifyPeriodicEventStream",{}]'])(
    '%s gets no answer: 1.6 has none',
    (text) => {
      const { rpc, sent, closes } = aRpc('1.6');
      rpc.receive(text);
      expect([sent, closes]).toEqual([[], []]);
    },
  );
});
