import { describe, expect, test } from 'vitest';
import type { CallAnswered, CallFailed } from '../../../../actors/ports.ts';
import type { ConnectionLimits } from '../../../../adapters/ocpp-south/charger-connection.ts';
import { createSouthGateway } from '../../../../adapters/ocpp-south/gateway.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { countingRandom, dataOf, FakeHost, FakeSocket, HandClock } from '../ocpp/helpers.ts';

const info = {
  subprotocol: 'ocpp1.6',
  remote: '10.0.0.7',
  subprotocolMissing: false,
  isSecure: false,
  clientKey: null,
} as const;

function aGateway(limits: Partial<ConnectionLimits> = {}) {
  const clock = new HandClock();
  const host = new FakeHost();
  const gateway = createSouthGateway({
    clock,
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    limits,
  });
  const connect = (identity = 'A') => {
    const socket = new FakeSocket();
    return { socket, socketId: gateway.attach(identity, socket, info) };
  };
  const call = (charger: string, correlation: string, messageId?: string): void =>
    gateway.perform({
      type: 'call',
      charger,
      action: 'Reset',
      raw: '{"type":"Soft"}',
      timeoutMs: 1_000,
      replyTo: `charger/${charger}`,
      correlation,
      ...(messageId === undefined ? {} : { messageId }),
    });
  return { clock, host, gateway, connect, call };
}

describe('a charger that connects', () => {
  test('is reported opened, called and closed to its own actor', () => {
    const { host, connect } = aGateway();
    const { socket, socketId } = connect();
    socket.say('[2,"m1","Authorize",{ "idTag":"X" }]');
    socket.vanish(1001, 'bye');
    expect(host.taken).toEqual([
      {
        type: 'south.opened',
        from: 'south/A',
        to: 'charger/A',
        charger: 'A',
        data: { socketId, subprotocol: 'ocpp1.6', remote: '10.0.0.7' },
      },
      {
        type: 'south.called',
        from: 'south/A',
        to: 'charger/A',
        charger: 'A',
        data: { socketId, messageId: 'm1', action: 'Authorize', raw: '{ "idTag":"X" }' },
        transient: { idTag: 'X' },
      },
      {
        type: 'south.closed',
        from: 'south/A',
        to: 'charger/A',
        charger: 'A',
        data: { socketId, code: 1001, reason: 'bye' },
      },
    ]);
  });

  test('gets its answer on the socket it asked on, once, and nothing from an older socket', () => {
    const { gateway, connect } = aGateway();
    const { socket, socketId } = connect();
    socket.say('[2,"m1","Heartbeat",{}]');
    const answer = { type: 'answer', charger: 'A', messageId: 'm1', raw: '{"currentTime":"x"}' } as const;
    gateway.perform({ ...answer, socketId: 'older' });
    gateway.perform({ ...answer, charger: 'B', socketId: socketId ?? '' });
    expect(socket.sent).toEqual([]);
    gateway.perform({ ...answer, socketId: socketId ?? '' });
    gateway.perform({ ...answer, socketId: socketId ?? '' });
    expect(socket.sent).toEqual(['[3,"m1",{"currentTime":"x"}]']);
  });

  test('gets a CALLERROR as the actor words it', () => {
    const { gateway, connect } = aGateway();
    const { socket, socketId } = connect();
    socket.say('[2,"m1","Heartbeat",{}]');
    const error = { code: 'InternalError', description: 'no', details: { a: 1 } };
    gateway.perform({ type: 'answer', charger: 'A', socketId: socketId ?? '', messageId: 'm1', error });
    expect(socket.sent).toEqual(['[4,"m1","InternalError","no",{"a":1}]']);
  });

  test('again: the older socket is cut and reported first, and its late close touches nothing', () => {
    const { host, gateway, connect } = aGateway();
    const first = connect();
    const second = connect();
    expect(first.socket.terminated).toBe(true);
    expect(host.taken.map((taken) => taken.type)).toEqual(['south.opened', 'south.closed', 'south.opened']);
    first.socket.vanish(1006, '');
    first.socket.say('[2,"m1","Heartbeat",{}]');
    expect(host.taken).toHaveLength(3);
    expect(gateway.connected('A')?.socketId).toBe(second.socketId);
  });

  test('is sent away with 1013 while its actor takes nothing', () => {
    const { host, gateway, connect } = aGateway();
    host.refusing = 'STORE_FAILING';
    const { socket, socketId } = connect();
    expect(socketId).toBeNull();
    expect(socket.closedWith?.code).toBe(1013);
    expect(gateway.connections()).toEqual([]);
  });
});

describe('a message that the host does not take', () => {
  test.each([
    ['MAILBOX_FULL', 1013],
    ['TELLS_WAITING', 1013],
    ['QUARANTINED', 1013],
    ['STORE_FAILING', undefined],
  ] as const)('stays unanswered for %s, and the socket is closed with %s', (refusal, code) => {
    const { host, connect } = aGateway();
    const { socket } = connect();
    host.refusing = refusal;
    socket.say('[2,"m1","Heartbeat",{}]');
    expect(socket.sent).toEqual([]);
    expect(socket.closedWith?.code).toBe(code);
    host.refusing = null;
    socket.say('[2,"m1","Heartbeat",{}]');
    expect(host.ofType('south.called')).toHaveLength(1);
  });

  test('never overtakes the notice that an older socket closed', () => {
    const { host, clock, connect } = aGateway();
    const { socket } = connect();
    host.refusing = 'MAILBOX_FULL';
    socket.vanish(1006, '');
    host.refusing = null;
    expect(connect().socketId).toBeNull();
    clock.advance(250);
    expect(connect().socketId).not.toBeNull();
    expect(host.taken.map((taken) => taken.type)).toEqual(['south.opened', 'south.closed', 'south.opened']);
  });
});

describe('a CALL to the charger', () => {
  test('comes back answered, with correlation, raw and parsed payload', () => {
    const { host, connect, call } = aGateway();
    const { socket } = connect();
    call('A', 'c1', 'wanted');
    expect(socket.sent).toEqual(['[2,"wanted","Reset",{"type":"Soft"}]']);
    socket.say('[3,"wanted",{ "status":"Accepted"}]');
    const answered = host.ofType('south.answered')[0];
    expect(answered).toMatchObject({ to: 'charger/A', correlation: 'c1', transient: { status: 'Accepted' } });
    expect(answered?.data).toEqual({ action: 'Reset', raw: '{ "status":"Accepted"}' } satisfies CallAnswered);
  });

  test('comes back failed with the way it failed', () => {
    const { host, clock, connect, call } = aGateway();
    call('A', 'none');
    const { socket } = connect();
    call('A', 'error', 'e');
    socket.say('[4,"e","NotSupported","cannot",{}]');
    call('A', 'timeout');
    clock.advance(1_000);
    call('A', 'closed');
    socket.vanish(1006, '');
    const failed = host.ofType('south.failed');
    expect(failed.map((one) => [one.correlation, dataOf(one).kind])).toEqual([
      ['none', 'notConnected'],
      ['error', 'error'],
      ['timeout', 'timeout'],
      ['closed', 'closed'],
    ]);
    expect(failed[1]?.data).toEqual({
      action: 'Reset',
      kind: 'error',
      error: { code: 'NotSupported', description: 'cannot', details: {} },
    } satisfies CallFailed);
  });

  test('that died with its socket is reported after the socket itself', () => {
    const { host, connect, call } = aGateway();
    const { socket } = connect();
    call('A', 'c');
    socket.vanish(1006, '');
    expect(host.taken.map((taken) => taken.type)).toEqual(['south.opened', 'south.closed', 'south.failed']);
  });
});

describe('a silent socket', () => {
  test('is pinged every 20 s and cut after 10 s without pong or frame', () => {
    const { host, clock, connect } = aGateway();
    const { socket } = connect();
    clock.advance(20_000);
    expect(socket.pings).toBe(1);
    clock.advance(9_000);
    socket.pong();
    clock.advance(21_000);
    expect(socket.pings).toBe(2);
    expect(host.ofType('south.closed')).toEqual([]);
    clock.advance(10_000);
    expect(socket.terminated).toBe(true);
    expect(dataOf(host.ofType('south.closed')[0]).reason).toBe('no pong');
    expect(clock.armed).toBe(0);
  });

  test('shows in a probe, and a live one too', () => {
    const { gateway, clock, connect } = aGateway();
    const { socket } = connect();
    const verdicts: boolean[] = [];
    gateway.probe('nobody', (alive) => verdicts.push(alive));
    gateway.probe('A', (alive) => verdicts.push(alive));
    socket.say('[2,"m1","Heartbeat",{}]');
    gateway.probe('A', (alive) => verdicts.push(alive));
    clock.advance(10_000);
    expect(verdicts).toEqual([false, true, false]);
  });
});

describe('a charger that sends more than it may', () => {
  const heartbeats = (socket: FakeSocket, from: number, to: number): void => {
    for (let n = from; n <= to; n += 1) socket.say(`[2,"m${n}","Heartbeat",{}]`);
  };

  test('is not read beyond 16 unanswered CALLs; every one is taken in order once answers leave', () => {
    const { host, gateway, connect } = aGateway();
    const { socket, socketId } = connect();
    heartbeats(socket, 1, 40);
    expect(host.ofType('south.called')).toHaveLength(16);
    expect(socket.paused).toBe(true);
    for (let n = 1; n <= 40; n += 1) {
      gateway.perform({
        type: 'answer',
        charger: 'A',
        socketId: socketId ?? '',
        messageId: `m${n}`,
        raw: '{}',
      });
    }
    expect(host.ofType('south.called').map((one) => dataOf(one).messageId)).toEqual(
      Array.from({ length: 40 }, (_, n) => `m${n + 1}`),
    );
    expect(socket.paused).toBe(false);
    expect(socket.messages.every(([type]) => type === 3)).toBe(true);
  });

  test('still gets its answers to our CALLs through', () => {
    const { host, connect, call } = aGateway();
    const { socket } = connect();
    heartbeats(socket, 1, 20);
    call('A', 'c', 'x');
    socket.say('[3,"x",{"status":"Accepted"}]');
    expect(host.ofType('south.answered')).toHaveLength(1);
  });

  test('is paced to its rate after a burst', () => {
    const { host, clock, connect } = aGateway({ unansweredMax: 1_000, rate: { perSecond: 20, burst: 50 } });
    const { socket } = connect();
    heartbeats(socket, 1, 100);
    expect(host.ofType('south.called')).toHaveLength(50);
    clock.advance(1_000);
    expect(host.ofType('south.called')).toHaveLength(70);
    clock.advance(10_000);
    expect(host.ofType('south.called')).toHaveLength(100);
    expect(socket.paused).toBe(false);
  });

  test('is closed with 1008 when the bytes held back reach their bound', () => {
    const { connect } = aGateway();
    const { socket } = connect();
    heartbeats(socket, 1, 16);
    for (let n = 0; n < 6; n += 1)
      socket.say(`[2,"big${n}","DataTransfer",{"vendorId":"v","data":"${'x'.repeat(100_000)}"}]`);
    expect(socket.closedWith?.code).toBe(1008);
  });

  test('is cut when its CALLs stay unanswered for a minute, so that it may repeat them', () => {
    const { host, clock, connect } = aGateway();
    const { socket } = connect();
    heartbeats(socket, 1, 20);
    clock.advance(50_000);
    expect(socket.terminated).toBe(false);
    clock.advance(50_000);
    expect(dataOf(host.ofType('south.closed')[0]).reason).toBe('answers are overdue');
  });
});

test('closing the gateway closes every socket and leaves no timer and no word', () => {
  const { host, gateway, clock, connect, call } = aGateway();
  const { socket } = connect();
  call('A', 'c');
  const before = host.taken.length;
  gateway.close();
  clock.advance(60_000);
  expect(socket.closedWith?.code).toBe(1001);
  expect(host.taken).toHaveLength(before);
  expect(clock.armed).toBe(0);
});
