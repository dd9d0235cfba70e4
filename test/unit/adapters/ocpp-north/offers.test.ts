import { describe, expect, test } from 'vitest';
import type { NorthDial } from '../../../../actors/ports.ts';
import type { Backend, DialOutcome } from '../../../../adapters/ocpp-north/dialer.ts';
import { createNorthGateway } from '../../../../adapters/ocpp-north/gateway.ts';
import type { OcppVersion } from '../../../../machines/shared/ocpp-version.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { countingRandom, dataOf, FakeHost, FakeSocket, HandClock } from '../ocpp/helpers.ts';

function aLink(versions?: OcppVersion[]) {
  const host = new FakeHost();
  const dials: Array<{ offered: Backend['versions']; done(outcome: DialOutcome): void }> = [];
  const gateway = createNorthGateway({
    clock: new HandClock(),
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    dialer: {
      dial(backend, _identity, done) {
        dials.push({ offered: backend.versions, done });
        return { abort: () => undefined };
      },
    },
    backendOf: () => ({ url: 'ws://cpms', password: null, ...(versions ? { versions } : {}) }),
    chargerIsWaiting: () => false,
  });
  /** Dials, and gives what was offered; the dial ends so. */
  const dial = (outcome: DialOutcome, prefer?: NorthDial['prefer']): Backend['versions'] => {
    gateway.perform({ type: 'dial', charger: 'A', ...(prefer === undefined ? {} : { prefer }) });
    dials.at(-1)?.done(outcome);
    return dials.at(-1)?.offered;
  };
  return { host, dial };
}

const REFUSED: DialOutcome = { kind: 'failed', cause: 'upgrade', detail: 'HTTP 400', isOfferRefused: true };
const AWAY: DialOutcome = { kind: 'failed', cause: 'upgrade', detail: 'HTTP 503' };
const opened = (subprotocol: string, socket = new FakeSocket()): DialOutcome => ({
  kind: 'opened',
  socket,
  subprotocol,
});

describe('a dial offers', () => {
  test('the version of the charger first, then the other; 1.6 where it is not known', () => {
    const { dial } = aLink();
    expect(dial(AWAY)).toEqual(['1.6', '2.0.1']);
    expect(dial(AWAY, '2.0.1')).toEqual(['2.0.1', '1.6']);
    expect(dial(AWAY, '1.6')).toEqual(['1.6', '2.0.1']);
  });

  test('only what the site lets that CPMS be spoken to in', () => {
    const { dial } = aLink(['2.0.1']);
    expect(dial(REFUSED, '1.6')).toEqual(['2.0.1']);
    expect(dial(REFUSED, '1.6')).toEqual(['2.0.1']);
  });

  test('each version alone, then all again, while the handshake is refused for the offer', () => {
    const { dial } = aLink();
    const offers = [REFUSED, REFUSED, REFUSED, REFUSED].map((outcome) => dial(outcome, '2.0.1'));
    expect(offers).toEqual([['2.0.1', '1.6'], ['2.0.1'], ['1.6'], ['2.0.1', '1.6']]);
  });

  test('what was taken before, even after the CPMS was away', () => {
    const { dial } = aLink();
    dial(REFUSED);
    const socket = new FakeSocket();
    expect(dial(opened('ocpp1.6', socket))).toEqual(['1.6']);
    socket.vanish(1006, '');
    expect(dial(AWAY)).toEqual(['1.6']);
    expect(dial(AWAY)).toEqual(['1.6']);
  });

  test('another after a handshake that named nothing and ended without a word', () => {
    const { dial } = aLink();
    const silent = new FakeSocket();
    dial(opened('', silent));
    silent.vanish(1002, '');
    expect(dial(AWAY)).toEqual(['1.6']);
  });

  test('the same after a handshake that named nothing, but was followed by messages', () => {
    const { dial } = aLink();
    const talking = new FakeSocket();
    dial(opened('', talking));
    talking.say('[2,"q","ClearCache",{}]');
    talking.vanish(1006, '');
    expect(dial(AWAY)).toEqual(['1.6', '2.0.1']);
  });
});

test.each([
  ['ocpp2.0.1', 'ocpp2.0.1'],
  ['ocpp1.6', 'ocpp1.6'],
  ['', 'ocpp1.6'],
])('a CPMS that chooses "%s" is told to its link as %s', (chosen, told) => {
  const { host, dial } = aLink();
  dial(opened(chosen));
  expect(dataOf(host.ofType('north.opened')[0]).subprotocol).toBe(told);
});
