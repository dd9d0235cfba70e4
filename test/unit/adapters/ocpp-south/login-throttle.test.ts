import { describe, expect, test } from 'vitest';
import { TALLY_KEYS_MAX } from '../../../../adapters/ocpp-south/failure-tally.ts';
import { LoginThrottle } from '../../../../adapters/ocpp-south/login-throttle.ts';
import { sourceOf } from '../../../../adapters/ocpp-south/source.ts';
import { HandClock } from '../ocpp/helpers.ts';

const [HOME, ATTACKER] = ['10.0.0.7', '10.6.6.6'];

function aThrottle() {
  const clock = new HandClock();
  const throttle = new LoginThrottle(clock);
  const fail = (source: string, identity: string, times = 1): void => {
    for (let n = 0; n < times; n += 1)
      throttle.failed(source, identity, throttle.holds(source, identity), true);
  };
  return { clock, throttle, fail };
}

describe('a charger that fails to log in', () => {
  test('is held after the fifth failure in a minute, and each later one holds twice as long, up to 5 minutes', () => {
    const { clock, throttle, fail } = aThrottle();
    fail(ATTACKER, 'X', 4);
    expect(throttle.holds(ATTACKER, 'X')).toBeNull();
    const holdsS: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      fail(ATTACKER, 'X');
      let heldS = 0;
      for (; throttle.holds(ATTACKER, 'X') !== null; heldS += 1) clock.advance(1_000);
      holdsS.push(heldS);
    }
    expect(holdsS).toEqual([10, 20, 40, 80, 160, 300, 300]);
  });

  test('is not held for four failures a minute, however long that goes on', () => {
    const { clock, throttle, fail } = aThrottle();
    for (let minute = 0; minute < 60; minute += 1) {
      fail(ATTACKER, 'X', 4);
      expect(throttle.holds(ATTACKER, 'X')).toBeNull();
      clock.advance(60_000);
    }
  });

  test('starts anew once it was quiet for long, or right', () => {
    const { clock, throttle, fail } = aThrottle();
    fail(HOME, 'X', 5);
    clock.advance(11_000);
    throttle.succeeded(HOME, 'X');
    fail(HOME, 'X', 4);
    expect(throttle.holds(HOME, 'X')).toBeNull();
    fail(HOME, 'X');
    clock.advance(400_000);
    fail(HOME, 'X', 4);
    expect(throttle.holds(HOME, 'X')).toBeNull();
  });

  test('holds nobody else, not even behind the same address', () => {
    const { clock, throttle, fail } = aThrottle();
    for (let minute = 0; minute < 30; minute += 1) {
      fail(HOME, 'misconfigured', 20);
      expect(throttle.holds(HOME, 'X')).toBeNull();
      clock.advance(60_000);
    }
  });
});

describe('an attacker', () => {
  test('who guesses for one charger holds that pair only: the charger at home is let in', () => {
    const { throttle, fail } = aThrottle();
    fail(ATTACKER, 'X', 20);
    expect(throttle.holds(ATTACKER, 'X')).toBe('pair');
    expect(throttle.lets('pair', 'key', ATTACKER, 'X')).toBe(false);
    expect(throttle.holds(HOME, 'X')).toBeNull();
  });

  test('who tries many identities has his address held', () => {
    const { throttle, fail } = aThrottle();
    for (const identity of ['A', 'B', 'C', 'D']) fail(ATTACKER, identity);
    expect(throttle.holds(ATTACKER, 'E')).toBeNull();
    fail(ATTACKER, 'E');
    expect(throttle.holds(ATTACKER, 'F')).toBe('wide');
    expect(throttle.holds(HOME, 'F')).toBeNull();
  });

  test('who comes from many addresses only slows what he aims at', () => {
    const { clock, throttle, fail } = aThrottle();
    for (let n = 0; n < 30; n += 1) fail(`10.6.6.${n}`, 'X');
    expect(throttle.holds(HOME, 'X')).toBe('wide');
    clock.advance(2_000);
    expect(throttle.holds(HOME, 'X')).toBeNull();
  });

  test('behind the address of a charger does not shut it out, if it has a key or was seen there before', () => {
    const { throttle, fail } = aThrottle();
    throttle.succeeded(HOME, 'seen');
    for (const identity of ['A', 'B', 'C', 'D', 'E']) fail(HOME, identity);
    const hold = throttle.holds(HOME, 'seen');
    expect(hold).toBe('wide');
    expect(throttle.lets(hold, 'password', HOME, 'seen')).toBe(true);
    expect(throttle.lets(hold, 'password', HOME, 'new')).toBe(false);
    expect(throttle.lets(hold, 'key', HOME, 'new')).toBe(true);
  });

  test('whose address is held gains no free guesses at the keys that are let in all the same', () => {
    const { throttle, fail } = aThrottle();
    for (const identity of ['A', 'B', 'C', 'D', 'E']) fail(ATTACKER, identity);
    expect(throttle.holds(ATTACKER, 'X')).toBe('wide');
    fail(ATTACKER, 'X', 5);
    expect(throttle.holds(ATTACKER, 'X')).toBe('pair');
  });

  test('whose address is held cannot push that out of memory with identities that do not exist', () => {
    const { throttle, fail } = aThrottle();
    for (const identity of ['A', 'B', 'C', 'D', 'E']) fail(ATTACKER, identity);
    fail(ATTACKER, 'X', 5);
    for (let n = 0; n < 2 * TALLY_KEYS_MAX; n += 1) throttle.failed(ATTACKER, `none-${n}`, 'wide', false);
    expect(throttle.holds(ATTACKER, 'X')).toBe('pair');
  });

  test('never shuts out a certificate', () => {
    const { throttle, fail } = aThrottle();
    fail(HOME, 'X', 20);
    expect(throttle.lets(throttle.holds(HOME, 'X'), 'certificate', HOME, 'X')).toBe(true);
  });

  test('cannot make the memory grow: the oldest is forgotten', () => {
    const { throttle, fail } = aThrottle();
    fail('first', 'X', 5);
    for (let n = 0; n < TALLY_KEYS_MAX - 1; n += 1) fail(`10.${n >> 8}.${n & 255}.1`, `id-${n}`);
    expect(throttle.holds('first', 'X')).toBe('pair');
    fail('one more', 'Y');
    expect(throttle.holds('first', 'X')).toBeNull();
  });
});

test.each([
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1:2', 'fe80::1:2'],
  ['unknown', 'unknown'],
])('%s counts as %s', (remote, source) => {
  expect(sourceOf(remote)).toBe(source);
});
