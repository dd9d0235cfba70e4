import { describe, expect, test } from 'vitest';
import type { SouthCalled } from '../../../../actors/ports.ts';
import type { IncomingCall } from '../../../../adapters/ocpp/rpc.ts';
import { Rpc } from '../../../../adapters/ocpp/rpc.ts';
import { validatorOf } from '../../../../adapters/ocpp/validate.ts';
import { createSouthGateway } from '../../../../adapters/ocpp-south/gateway.ts';
import type { QuirkSource } from '../../../../adapters/ocpp-south/quirk-desk.ts';
import { REPAIR_NAMES } from '../../../../machines/shared/quirks/repairs.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { countingRandom, dataOf, FakeHost, FakeSocket, HandClock } from '../ocpp/helpers.ts';
import { mutations, REAL_FRAMES, REAL_FRAMES_201 } from '../ocpp/malformed.ts';

const SOURCE: QuirkSource = {
  timeZone: 'Europe/Berlin',
  ownOf: () => [],
  identityOf: () => null,
  isOfTransaction: () => false,
};
const BOOT = '[2,"b","BootNotification",{"chargePointVendor":"GROWATT","chargePointModel":"THOR"}]';
const statusAt = (timestamp: string): string =>
  `{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"${timestamp}"}`;

function aCharger(quirks: Partial<QuirkSource> = {}) {
  const host = new FakeHost();
  const gateway = createSouthGateway({
    clock: new HandClock(),
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    limits: { rate: null },
    quirks: { ...SOURCE, ...quirks },
  });
  let calls = 0;
  const connect = (version: '1.6' | '2.0.1' = '1.6') => {
    const socket = new FakeSocket();
    gateway.attach('A', socket, {
      subprotocol: `ocpp${version}`,
      remote: '10.0.0.7',
      subprotocolMissing: false,
      isSecure: false,
      clientKey: null,
    });
    /** Payload text as the actor is told it; null: refused. */
    const say = (action: string, raw: string): string | null => {
      const before = host.ofType('south.called').length;
      calls += 1;
      socket.say(`[2,"m${calls}","${action}",${raw}]`);
      const called = host.ofType('south.called')[before];
      return called ? (dataOf(called) as unknown as SouthCalled).raw : null;
    };
    return { socket, say };
  };
  return { host, gateway, connect };
}

describe('a pack', () => {
  test('holds from the boot on that told who the charger is', () => {
    const { gateway, connect } = aCharger();
    const { say } = connect();
    expect(say('StatusNotification', statusAt('2026-07-19T15:28:07'))).toBe(statusAt('2026-07-19T15:28:07'));
    expect(say('BootNotification', BOOT.slice(BOOT.indexOf('{'), -1))).not.toBeNull();
    expect(say('StatusNotification', statusAt('2026-07-19T15:28:07'))).toBe(statusAt('2026-07-19T13:28:07Z'));
    expect(gateway.quirks('A').repaired).toEqual({ 'zoneless-time': 1 });
  });

  test('holds from the first message on where the charger booted before', () => {
    const identity = { vendor: 'Growatt', model: 'THOR', firmware: null };
    const { gateway, connect } = aCharger({ identityOf: () => identity });
    expect(connect().say('StatusNotification', statusAt('2026-01-19 15:28'))).toBe(
      statusAt('2026-01-19T14:28:00Z'),
    );
    expect(gateway.quirks('A').packs).toEqual(['default', 'growatt']);
  });
});

describe('nothing is repaired', () => {
  test.each([
    ['of a card that is too long', 'Authorize', `{"idTag":"${'A'.repeat(21)}"}`],
    [
      'of a text that names a key twice',
      'StatusNotification',
      `{"status":"x",${statusAt('2026-01-01T00:00:00Z').slice(1).replace('Available', 'available')}`,
    ],
    [
      'where something else stays wrong',
      'StatusNotification',
      '{"connectorId":"1","errorCode":"Tired","status":"available"}',
    ],
    ['of an action that there is not', 'constructor', '{"connectorId":"1"}'],
  ])('%s', (_what, action, raw) => {
    const { gateway, connect } = aCharger();
    expect(connect().say(action, raw)).toBeNull();
    expect(gateway.quirks('A').repaired).toEqual({});
  });

  test('of what the host does not take: it is not counted either', () => {
    const { host, gateway, connect } = aCharger();
    const { say } = connect();
    host.refusing = 'STORE_FAILING';
    expect(
      say('StatusNotification', statusAt('2026-01-01T00:00:00Z').replace('Available', 'available')),
    ).toBeNull();
    expect(gateway.quirks('A').repaired).toEqual({});
  });
});

test.each([
  ['1.6', REAL_FRAMES],
  ['2.0.1', REAL_FRAMES_201],
] as const)(
  'of mutated frames of %s what is repaired is sound, and told as it stands in the text',
  (version, frames) => {
    const { host, gateway, connect } = aCharger({ ownOf: () => REPAIR_NAMES });
    const { socket } = connect(version);
    const validator = validatorOf(version, 'receive');
    for (const text of mutations(77, 15_000, frames.map(quoted))) {
      const before = host.taken.length;
      socket.say(text);
      for (const called of host.taken.slice(before)) {
        const { socketId, messageId } = called.data as unknown as SouthCalled;
        const error = { code: 'GenericError', description: '', details: {} };
        gateway.perform({ type: 'answer', charger: 'A', socketId, messageId, error });
      }
    }
    const repaired = host.ofType('south.called').filter((called) => dataOf(called).repaired !== undefined);
    expect(repaired.length).toBeGreaterThan(20);
    for (const called of repaired) {
      const { action, raw } = called.data as unknown as SouthCalled;
      expect(validator.call('charger', action, JSON.parse(raw) as Record<string, unknown>)).toBeNull();
      expect(called.transient).toEqual(JSON.parse(raw));
    }
  },
);

/** Numbers in quotes, status words in small letters: nearly every frame of these needs a repair. */
function quoted(frame: string): string {
  return frame.replace(/:(\d+)([,}])/g, ':"$1"$2').replace('Available', 'available');
}

test('counts outlive the socket', () => {
  const { gateway, connect } = aCharger();
  for (let socket = 0; socket < 2; socket += 1)
    connect().say('StatusNotification', '{"connectorId":"1","errorCode":"NoError","status":"charging"}');
  expect(gateway.quirks('A').repaired).toEqual({ 'number-as-text': 2, 'status-spelling': 2 });
});

test.each([
  [false, 0],
  [true, 1],
])('sound frames reach the mender only where it watches (%s)', (watches, looks) => {
  const seen: IncomingCall[] = [];
  const taken: IncomingCall[] = [];
  const rpc = new Rpc({
    clock: new HandClock(),
    random: countingRandom(),
    validator: validatorOf('1.6', 'receive'),
    peer: 'charger',
    frame: { charsMax: 1_000, idLengthMax: 36 },
    incomingMax: 3,
    queueMax: 2,
    send: () => true,
    close: () => undefined,
    onCall: (call) => taken.push(call),
    mender: {
      watches,
      mend: (call) => {
        seen.push(call);
        return null;
      },
    },
  });
  rpc.receive('[2,"1","Heartbeat",{}]');
  expect([seen.length, taken.length]).toEqual([looks, 1]);
});
