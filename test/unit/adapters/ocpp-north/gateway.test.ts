import { describe, expect, test } from 'vitest';
import type { NorthCall } from '../../../../actors/ports.ts';
import type { Dialer, DialOutcome } from '../../../../adapters/ocpp-north/dialer.ts';
import { createNorthGateway } from '../../../../adapters/ocpp-north/gateway.ts';
import type { ReplayRate } from '../../../../adapters/ocpp-north/replay-pacer.ts';
import { dialUrl } from '../../../../adapters/ocpp-north/ws-dialer.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { countingRandom, dataOf, FakeHost, FakeSocket, HandClock } from '../ocpp/helpers.ts';

function aGateway(chargerIsWaiting = false, replay?: ReplayRate) {
  const clock = new HandClock();
  const host = new FakeHost();
  const dials: Array<{ identity: string; aborted: boolean; done(outcome: DialOutcome): void }> = [];
  const dialer: Dialer = {
    dial(_backend, identity, done) {
      const dial = { identity, aborted: false, done };
      dials.push(dial);
      return {
        abort: () => {
          dial.aborted = true;
        },
      };
    },
  };
  const gateway = createNorthGateway({
    clock,
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    dialer,
    mappers: fakeMappers,
    backendOf: (charger) =>
      charger === 'orphan' ? null : { url: 'ws://cpms', password: null, ...(replay ? { replay } : {}) },
    chargerIsWaiting: () => chargerIsWaiting,
  });
  const connect = (charger = 'A'): { socket: FakeSocket; socketId: string } => {
    gateway.perform({ type: 'dial', charger });
    const socket = new FakeSocket();
    dials.at(-1)?.done({ kind: 'opened', socket, subprotocol: 'ocpp1.6' });
    return { socket, socketId: String(dataOf(host.ofType('north.opened').at(-1)).socketId) };
  };
  const call = (correlation: string, overrides: Partial<NorthCall> = {}): void =>
    gateway.perform({
      type: 'call',
      charger: 'A',
      action: 'Heartbeat',
      raw: '{}',
      timeoutMs: 5_000,
      replyTo: 'link/A',
      correlation,
      ...overrides,
    });
  return { clock, host, gateway, dials, connect, call };
}

describe('dialling', () => {
  test('reports the open socket to the link, and is not repeated while open or opening', () => {
    const { host, gateway, dials, connect } = aGateway();
    gateway.perform({ type: 'dial', charger: 'A' });
    const { socketId } = connect();
    gateway.perform({ type: 'dial', charger: 'A' });
    expect(dials).toHaveLength(1);
    expect(host.taken).toEqual([
      {
        type: 'north.opened',
        from: 'north/A',
        to: 'link/A',
        charger: 'A',
        data: { socketId, subprotocol: 'ocpp1.6' },
      },
    ]);
  });

  test('reports why it failed, and may be tried again', () => {
    const { host, gateway, dials } = aGateway();
    gateway.perform({ type: 'dial', charger: 'A' });
    dials[0]?.done({ kind: 'failed', cause: 'dns', detail: 'ENOTFOUND' });
    gateway.perform({ type: 'dial', charger: 'A' });
    expect(host.taken).toMatchObject([
      { type: 'north.dialFailed', to: 'link/A', data: { cause: 'dns', detail: 'ENOTFOUND' } },
    ]);
    expect(dials).toHaveLength(2);
  });

  test('fails for a charger without a backend', () => {
    const { host, gateway, dials } = aGateway();
    gateway.perform({ type: 'dial', charger: 'orphan' });
    expect(dials).toEqual([]);
    expect(host.taken).toMatchObject([{ type: 'north.dialFailed', to: 'link/orphan' }]);
  });

  test('given up by hanging up reports exactly one failure', () => {
    const { host, gateway, dials } = aGateway();
    gateway.perform({ type: 'dial', charger: 'A' });
    gateway.perform({ type: 'hangUp', charger: 'A', code: 1000, reason: '' });
    dials[0]?.done({ kind: 'failed', cause: 'tcp', detail: 'late' });
    expect(dials[0]?.aborted).toBe(true);
    expect(host.taken.map((one) => one.type)).toEqual(['north.dialFailed']);
  });
});

describe('an open upstream socket', () => {
  test('masks secrets in commands before anything of them is journalled', () => {
    const { host, connect } = aGateway();
    const { socket } = connect();
    socket.say('[2,"q1","ChangeConfiguration",{"key": "AuthorizationKey","value": "top-secret"}]');
    socket.say('[2,"q2","GetDiagnostics",{"location": "ftp://me:top-secret@files.example.com/"}]');
    const taken = host.ofType('north.called');
    expect(taken.map(({ data }) => (data as { raw: string }).raw)).toEqual([
      '{"key":"AuthorizationKey","value":"***"}',
      '{"location":"ftp://***@files.example.com/"}',
    ]);
    expect(JSON.stringify(taken)).not.toContain('top-secret');
  });

  test('brings the commands of the CPMS to the charger, and their answers back', () => {
    const { host, gateway, connect } = aGateway();
    const { socket, socketId } = connect();
    socket.say('[2,"q1","Reset",{"type": "Soft"}]');
    expect(host.ofType('north.called')).toEqual([
      {
        type: 'north.called',
        from: 'north/A',
        to: 'charger/A',
        charger: 'A',
        data: { socketId, messageId: 'q1', action: 'Reset', raw: '{"type": "Soft"}' },
        transient: { type: 'Soft' },
      },
    ]);
    gateway.perform({
      type: 'answer',
      charger: 'A',
      socketId,
      messageId: 'q1',
      raw: '{"status":"Accepted"}',
    });
    expect(socket.sent).toEqual(['[3,"q1",{"status":"Accepted"}]']);
  });

  test('answers a command that nobody can take now with InternalError', () => {
    const { host, connect } = aGateway();
    const { socket } = connect();
    host.refusing = 'MAILBOX_FULL';
    socket.say('[2,"q1","Reset",{"type":"Soft"}]');
    expect(socket.messages[0]?.slice(0, 3)).toEqual([4, 'q1', 'InternalError']);
  });

  test('refuses what a CPMS may not call', () => {
    const { host, connect } = aGateway();
    const { socket } = connect();
    socket.say(
      '[2,"q1","StopTransaction",{"transactionId":1,"meterStop":1,"timestamp":"2026-01-01T12:00:00Z"}]',
    );
    expect(socket.messages[0]?.slice(0, 3)).toEqual([4, 'q1', 'NotSupported']);
    expect(host.ofType('north.called')).toEqual([]);
  });

  test('carries a CALL upstream under its own id and reports answer, error and loss to who asked', () => {
    const { host, connect, call } = aGateway();
    call('none');
    const { socket } = connect();
    call('ok', { messageId: 'm1', exactId: true });
    call('bad', { messageId: 'm2' });
    call('lost', { messageId: 'm3' });
    socket.say('[3,"m1",{"currentTime":"2026-01-01T12:00:00Z"}]');
    socket.say('[4,"m2","InternalError","x",{}]');
    socket.vanish(1006, 'gone');
    expect(socket.sent.map((text) => text.slice(0, 7))).toEqual(['[2,"m1"', '[2,"m2"', '[2,"m3"']);
    expect(host.taken.slice(2).map((one) => [one.type, one.correlation, dataOf(one).kind])).toEqual([
      ['north.answered', 'ok', undefined],
      ['north.failed', 'bad', 'error'],
      ['north.closed', undefined, undefined],
      ['north.failed', 'lost', 'closed'],
    ]);
    expect(dataOf(host.ofType('north.failed')[0]).kind).toBe('notConnected');
  });

  test('is found dead within 30 s of silence', () => {
    const { host, clock, connect } = aGateway();
    const { socket } = connect();
    clock.advance(30_000);
    expect(socket.terminated).toBe(true);
    expect(dataOf(host.ofType('north.closed')[0]).reason).toBe('no pong');
    expect(clock.armed).toBe(0);
  });

  test('lets an open command be answered first, for 2 s at most', () => {
    const { clock, connect, call } = aGateway();
    const { socket } = connect();
    socket.say('[2,"q1","Reset",{"type":"Soft"}]');
    call('c');
    expect(socket.sent).toEqual([]);
    clock.advance(2_000);
    expect(socket.sent).toHaveLength(1);
  });

  test('holds nothing back while the charger itself waits', () => {
    const { connect, call } = aGateway(true);
    const { socket } = connect();
    socket.say('[2,"q1","Reset",{"type":"Soft"}]');
    call('c');
    expect(socket.sent).toHaveLength(1);
  });
});

describe('the backlogs of all chargers of one CPMS', () => {
  const ONE_PER_SECOND = { perSecond: 1, burst: 1 };

  test('go up at the pace of that CPMS, and other messages at once', () => {
    const { clock, gateway, connect, call } = aGateway(false, ONE_PER_SECOND);
    const [a, b, c] = ['A', 'B', 'C'].map((charger) => connect(charger).socket);
    call('1', { charger: 'A', replay: true });
    call('2', { charger: 'B', replay: true });
    call('3', { charger: 'C' });
    expect([a, b, c].map((socket) => socket!.sent.length)).toEqual([1, 0, 1]);
    expect(gateway.replaysWaiting).toBe(1);
    clock.advance(1_000);
    expect(b!.sent).toHaveLength(1);
    expect(gateway.replaysWaiting).toBe(0);
  });

  test('have their time-out count from when they leave', () => {
    const { clock, host, connect, call } = aGateway(false, { perSecond: 1, burst: 1 });
    const { socket } = connect('A');
    connect('B');
    call('1', { charger: 'B', replay: true });
    call('2', { charger: 'A', replay: true, timeoutMs: 700 });
    clock.advance(1_000);
    expect(socket.sent).toHaveLength(1);
    clock.advance(699);
    expect(host.ofType('north.failed')).toEqual([]);
    clock.advance(1);
    expect(dataOf(host.ofType('north.failed')[0]).kind).toBe('timeout');
  });

  test('end with their socket, once, without using up a turn', () => {
    const { clock, host, connect, call } = aGateway(false, ONE_PER_SECOND);
    const [a, b, c] = ['A', 'B', 'C'].map((charger) => connect(charger).socket);
    call('1', { charger: 'A', replay: true });
    call('2', { charger: 'B', replay: true });
    call('3', { charger: 'C', replay: true });
    b!.vanish(1006, '');
    expect(host.ofType('north.failed').map((one) => [one.correlation, dataOf(one).kind])).toEqual([
      ['2', 'closed'],
    ]);
    clock.advance(1_000);
    expect([a, b, c].map((socket) => socket!.sent.length)).toEqual([1, 0, 1]);
    expect(host.ofType('north.failed')).toHaveLength(1);
  });

  test('leave no timer behind when the process ends', () => {
    const { clock, gateway, connect, call } = aGateway(false, ONE_PER_SECOND);
    for (const charger of ['A', 'B']) {
      connect(charger);
      call(charger, { charger, replay: true });
    }
    gateway.close();
    expect([gateway.replaysWaiting, clock.armed]).toEqual([0, 0]);
  });
});

test.each([
  ['ws://h', 'CP', 'ws://h/CP'],
  ['wss://h/ocpp/', 'CP', 'wss://h/ocpp/CP'],
  ['wss://h/ocpp?k=1', 'A+B|C@D:E', 'wss://h/ocpp/A%2BB%7CC%40D%3AE?k=1'],
])('%s and %s make %s', (base, identity, url) => {
  expect(dialUrl(base, identity)).toBe(url);
});
