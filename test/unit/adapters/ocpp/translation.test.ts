import { describe, expect, test } from 'vitest';
import type { NorthCall, SouthAnswer, SouthCall } from '../../../../actors/ports.ts';
import { createNorthGateway } from '../../../../adapters/ocpp-north/gateway.ts';
import { createSouthGateway } from '../../../../adapters/ocpp-south/gateway.ts';
import type { OcppVersion } from '../../../../machines/shared/ocpp-version.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { countingRandom, dataOf, FakeHost, FakeSocket, HandClock } from './helpers.ts';

/** A charger on a socket of this version. */
function aCharger(version: OcppVersion) {
  const clock = new HandClock();
  const host = new FakeHost();
  const gateway = createSouthGateway({
    clock,
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
  });
  const socket = new FakeSocket();
  const socketId = gateway.attach('A', socket, {
    subprotocol: `ocpp${version}`,
    remote: '10.0.0.7',
    subprotocolMissing: false,
    isSecure: false,
    clientKey: null,
  });
  const call = (correlation: string, overrides: Partial<SouthCall>): void =>
    gateway.perform({
      type: 'call',
      charger: 'A',
      action: 'Reset',
      raw: '{"type":"Hard"}',
      timeoutMs: 1_000,
      replyTo: 'charger/A',
      correlation,
      ...overrides,
    });
  const answer = (messageId: string, given: Pick<SouthAnswer, 'raw' | 'error' | 'version'>): void =>
    gateway.perform({ type: 'answer', charger: 'A', socketId: socketId ?? '', messageId, ...given });
  /** Message id of the CALL sent last. */
  const lastId = (): string => String(socket.messages.at(-1)?.[1]);
  return { clock, host, gateway, socket, call, answer, lastId };
}

/** A CPMS on a socket of this version. */
function aCpms(version: OcppVersion) {
  const clock = new HandClock();
  const host = new FakeHost();
  const socket = new FakeSocket();
  const gateway = createNorthGateway({
    clock,
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    dialer: {
      dial: (_backend, _identity, done) => {
        clock.setTimer(1, () => done({ kind: 'opened', socket, subprotocol: `ocpp${version}` }));
        return { abort: () => undefined };
      },
    },
    backendOf: () => ({ url: 'ws://cpms', password: null, replay: { perSecond: 1, burst: 1 } }),
    chargerIsWaiting: () => false,
  });
  gateway.perform({ type: 'dial', charger: 'A' });
  clock.advance(1);
  const call = (correlation: string, overrides: Partial<NorthCall>): void =>
    gateway.perform({
      type: 'call',
      charger: 'A',
      action: 'StatusNotification',
      raw: '{"connectorId":2,"errorCode":"NoError","status":"Available"}',
      timeoutMs: 5_000,
      replyTo: 'link/A',
      correlation,
      ...overrides,
    });
  return { clock, host, gateway, socket, call };
}

const twoVariables = (first: string, second: string): string =>
  JSON.stringify({
    setVariableData: [first, second].map((name) => ({
      attributeValue: '1',
      component: { name: 'C' },
      variable: { name },
    })),
  });

describe('legs of the same version', () => {
  test.each(['1.6', '2.0.1'] as const)('%s: texts pass as they stand, both ways', (version) => {
    const { host, socket, call, answer } = aCharger(version);
    const told = version === '1.6' ? {} : { version };
    call('c', { ...told, action: 'ClearCache', raw: '{ }', messageId: 'm' });
    expect(socket.sent).toEqual(['[2,"m","ClearCache",{ }]']);
    socket.say('[3,"m",{  "status":"Accepted"}]');
    expect(dataOf(host.ofType('south.answered')[0])).toEqual({
      ...told,
      action: 'ClearCache',
      raw: '{  "status":"Accepted"}',
    });
    socket.say('[2,"q","Heartbeat",{  }]');
    expect(dataOf(host.ofType('south.called')[0])).toMatchObject({ ...told, messageId: 'q', raw: '{  }' });
    answer('q', { ...told, raw: '{ "currentTime":"2026-01-01T12:00:00Z"}' });
    expect(socket.sent.at(-1)).toBe('[3,"q",{ "currentTime":"2026-01-01T12:00:00Z"}]');
  });

  test('a version is told only where it is not 1.6', () => {
    const { host, socket } = aCharger('1.6');
    socket.say('[2,"q","Heartbeat",{}]');
    expect(dataOf(host.ofType('south.called')[0])).not.toHaveProperty('version');
  });
});

describe('a command in another version than the charger speaks', () => {
  test('is translated, and its answer comes back in the version and under the action of the command', () => {
    const { host, socket, call, lastId } = aCharger('1.6');
    call('c', { version: '2.0.1', raw: '{"type":"Immediate","evseId":1}', messageId: 'wanted' });
    expect(socket.sent).toEqual(['[2,"wanted","Reset",{"type":"Hard"}]']);
    socket.say(`[3,"${lastId()}",{ "status":"Accepted" }]`);
    expect(host.ofType('south.answered')[0]).toMatchObject({
      correlation: 'c',
      data: {
        version: '2.0.1',
        action: 'Reset',
        raw: '{"status":"Accepted"}',
        note: 'no place in OCPP 1.6 for evseId',
      },
      transient: { status: 'Accepted' },
    });
  });

  test('of 1.6 reaches a charger of 2.0.1, and is answered in 1.6', () => {
    const { host, socket, call } = aCharger('2.0.1');
    call('c', { messageId: 'm' });
    expect(socket.sent).toEqual(['[2,"m","Reset",{"type":"Immediate"}]']);
    socket.say('[3,"m",{"status":"Scheduled"}]');
    expect(dataOf(host.ofType('south.answered')[0])).toEqual({
      action: 'Reset',
      raw: '{"status":"Scheduled"}',
    });
  });

  test('that has no counterpart is answered here with the reason, and nothing is sent', () => {
    const { host, socket, call } = aCharger('1.6');
    call('status', { version: '2.0.1', action: 'ClearDisplayMessage', raw: '{"id":1}' });
    call('error', { version: '2.0.1', action: 'GetReport', raw: '{"requestId":1}' });
    expect(socket.sent).toEqual([]);
    expect(dataOf(host.ofType('south.answered')[0])).toEqual({
      version: '2.0.1',
      action: 'ClearDisplayMessage',
      raw: '{"status":"Unknown"}',
      note: 'no displays in 1.6',
    });
    expect(dataOf(host.ofType('south.failed')[0])).toMatchObject({
      kind: 'error',
      error: { code: 'NotSupported' },
      note: 'GetReport has no counterpart',
    });
  });

  test('is told what it concerns', () => {
    const { socket, call } = aCharger('2.0.1');
    const transaction = {
      transactionId: 'tx-1',
      connector: 1,
      idTag: null,
      seqNo: 0,
      offline: false,
      remoteStartId: null,
    };
    call('c', { action: 'SetChargingProfile', raw: '{}', transaction });
    expect(socket.sent[0]).toContain('"tx-1"');
  });

  test.each([
    ['a payload that is no JSON', '{"type":'],
    ['a mapping that fails', '{"vendorId":"throws"}'],
  ])('with %s ends as invalid, and nothing else does', (_what, raw) => {
    const { host, socket, call } = aCharger('1.6');
    call('c', { version: '2.0.1', action: 'DataTransfer', raw });
    expect(dataOf(host.ofType('south.failed')[0]).kind).toBe('invalid');
    call('next', {});
    expect(socket.sent).toHaveLength(1);
  });

  test.each([
    ['timeout', (it: ReturnType<typeof aCharger>) => it.clock.advance(1_000)],
    ['closed', (it: ReturnType<typeof aCharger>) => it.socket.vanish(1006, '')],
    [
      'invalid',
      (it: ReturnType<typeof aCharger>) => it.socket.say(`[3,"${it.lastId()}",{"status":"Maybe"}]`),
    ],
  ])('that gets no answer fails as %s, as any other', (kind, happen) => {
    const it = aCharger('1.6');
    it.call('c', { version: '2.0.1', raw: '{"type":"Immediate"}' });
    happen(it);
    expect(dataOf(it.host.ofType('south.failed')[0]).kind).toBe(kind);
    expect(it.host.ofType('south.answered')).toEqual([]);
  });
});

describe('a command that becomes several', () => {
  const setTwo: Partial<SouthCall> = {
    version: '2.0.1',
    action: 'SetVariables',
    raw: twoVariables('a', 'b'),
    messageId: 'first',
  };
  const statusesIn = (host: FakeHost): unknown[] => {
    const { raw } = dataOf(host.ofType('south.answered')[0]) as { raw: string };
    const { setVariableResult } = JSON.parse(raw) as {
      setVariableResult: Array<{ attributeStatus: string }>;
    };
    return setVariableResult.map(({ attributeStatus }) => attributeStatus);
  };

  test('sends one after the other in its place in the queue, and gives one answer', () => {
    const { host, clock, socket, call, lastId } = aCharger('1.6');
    call('c', setTwo);
    call('later', { messageId: 'L' });
    socket.say('[3,"first",{"status":"Accepted"}]');
    expect(host.ofType('south.answered')).toEqual([]);
    expect(socket.messages.map(([, , action]) => action)).toEqual([
      'ChangeConfiguration',
      'ChangeConfiguration',
    ]);
    expect(lastId()).not.toBe('first');
    socket.say(`[3,"${lastId()}",{"status":"Rejected"}]`);
    expect(statusesIn(host)).toEqual(['Accepted', 'Rejected']);
    expect(lastId()).toBe('L');
    socket.say('[3,"L",{"status":"Accepted"}]');
    expect(host.ofType('south.answered')).toHaveLength(2);
    clock.advance(5_000);
    expect(host.ofType('south.failed')).toEqual([]);
  });

  test('ends with the first CALLERROR: the rest is not sent', () => {
    const { host, socket, call } = aCharger('1.6');
    call('c', setTwo);
    socket.say('[4,"first","NotSupported","",{}]');
    expect(socket.sent).toHaveLength(1);
    expect(statusesIn(host)).toEqual(['Rejected', 'Rejected']);
  });

  test.each([
    ['a time-out', (it: ReturnType<typeof aCharger>) => it.clock.advance(1_000)],
    ['the end of the socket', (it: ReturnType<typeof aCharger>) => it.socket.vanish(1006, '')],
  ])('that breaks off by %s half-way tells what was done', (_what, happen) => {
    const it = aCharger('1.6');
    it.call('c', setTwo);
    it.socket.say('[3,"first",{"status":"Accepted"}]');
    happen(it);
    expect(statusesIn(it.host)).toEqual(['Accepted', 'Rejected']);
    expect(it.host.ofType('south.failed')).toEqual([]);
  });

  test('has one time-out for all its parts', () => {
    const it = aCharger('1.6');
    it.call('c', setTwo);
    it.clock.advance(900);
    it.socket.say('[3,"first",{"status":"Accepted"}]');
    it.clock.advance(99);
    expect(it.host.ofType('south.answered')).toEqual([]);
    it.clock.advance(1);
    expect(it.host.ofType('south.answered')).toHaveLength(1);
  });

  test('upstream that breaks off half-way has failed as a whole, so that it is sent again', () => {
    const { host, socket, call } = aCpms('2.0.1');
    call('c', { action: 'BootNotification', raw: '{}', messageId: 'first', exactId: true });
    socket.say('[3,"first",{"currentTime":"2026-01-01T12:00:00Z"}]');
    expect(socket.sent).toHaveLength(2);
    socket.vanish(1006, '');
    expect(dataOf(host.ofType('north.failed')[0]).kind).toBe('closed');
    expect(host.ofType('north.answered')).toEqual([]);
  });
});

describe('a message upstream in another version than the CPMS speaks', () => {
  test('is translated, and answered in its own', () => {
    const { host, socket, call } = aCpms('2.0.1');
    call('c', { messageId: 'm', exactId: true });
    expect(socket.messages[0]).toEqual([
      2,
      'm',
      'StatusNotification',
      { timestamp: '2026-01-01T12:00:00.401Z', connectorStatus: 'Available', evseId: 2, connectorId: 1 },
    ]);
    socket.say('[3,"m",{}]');
    expect(dataOf(host.ofType('north.answered')[0])).toEqual({
      action: 'StatusNotification',
      raw: '{}',
      note: 'no place in OCPP 2.0.1 for errorCode',
    });
  });

  test('waits for its turn among backlogs as one', () => {
    const { clock, host, socket, call } = aCpms('2.0.1');
    call('1', { replay: true, messageId: 'a' });
    call('2', { replay: true, messageId: 'b' });
    expect(socket.sent).toHaveLength(1);
    socket.say('[3,"a",{}]');
    clock.advance(999);
    expect(socket.sent).toHaveLength(1);
    clock.advance(1);
    expect(socket.sent).toHaveLength(2);
    expect(host.ofType('north.answered')).toHaveLength(1);
  });

  test('takes no turn when it is answered here', () => {
    const { host, socket, call } = aCpms('2.0.1');
    call('none', { replay: true, action: 'DiagnosticsStatusNotification', raw: '{"status":"Idle"}' });
    call('1', { replay: true });
    expect(socket.sent).toHaveLength(1);
    expect(dataOf(host.ofType('north.failed')[0])).toMatchObject({
      kind: 'error',
      note: 'DiagnosticsStatusNotification has no counterpart',
    });
  });

  test('a command of a 2.0.1 CPMS is told as it stands, with its version, and answered as given', () => {
    const { host, gateway, socket } = aCpms('2.0.1');
    socket.say('[2,"q","GetBaseReport",{ "requestId":7,"reportBase":"FullInventory"}]');
    const called = dataOf(host.ofType('north.called')[0]);
    expect(called).toMatchObject({
      version: '2.0.1',
      action: 'GetBaseReport',
      raw: '{ "requestId":7,"reportBase":"FullInventory"}',
    });
    const asked = { charger: 'A', socketId: String(called.socketId), messageId: 'q' };
    gateway.perform({ type: 'answer', ...asked, version: '2.0.1', raw: '{ "status":"NotSupported"}' });
    expect(socket.sent).toEqual(['[3,"q",{ "status":"NotSupported"}]']);
  });
});

describe('an answer to a charger of 2.0.1', () => {
  test('of our own is translated by what was asked', () => {
    const { socket, answer } = aCharger('2.0.1');
    socket.say('[2,"q","Authorize",{"idToken":{"idToken":"X","type":"ISO14443"}}]');
    answer('q', { raw: '{"idTagInfo":{"status":"Invalid"}}' });
    answer('q', { raw: '{"idTagInfo":{"status":"Accepted"}}' });
    expect(socket.sent).toEqual(['[3,"q",{"idTokenInfo":{"status":"Invalid"}}]']);
  });

  test('that cannot be translated is InternalError, and the charger goes on', () => {
    const { socket, answer } = aCharger('2.0.1');
    socket.say('[2,"q","Authorize",{"idToken":{"idToken":"X","type":"ISO14443"}}]');
    answer('q', { raw: '{}' });
    expect(socket.messages[0]?.slice(0, 3)).toEqual([4, 'q', 'InternalError']);
  });

  test.each([
    ['2.0.1', 'FormationViolation', 'FormatViolation'],
    ['1.6', 'FormatViolation', 'FormationViolation'],
    ['2.0.1', 'NotSupported', 'NotSupported'],
  ] as const)('on a socket of %s a CALLERROR %s is spelled %s', (version, code, spelled) => {
    const { socket, answer } = aCharger(version);
    socket.say('[2,"q","Heartbeat",{}]');
    answer('q', { error: { code, description: 'd', details: {} } });
    expect(socket.messages[0]?.slice(0, 3)).toEqual([4, 'q', spelled]);
  });

  test('in 2.0.1 to a CALL in 1.6 is a fault of ours: InternalError', () => {
    const { socket, answer } = aCharger('1.6');
    socket.say('[2,"q","Heartbeat",{}]');
    answer('q', { version: '2.0.1', raw: '{}' });
    expect(socket.messages[0]?.slice(0, 3)).toEqual([4, 'q', 'InternalError']);
  });
});
