import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type KeptSecret, passwordIn, SecretKeeper } from '../../../../adapters/ocpp-south/credentials.ts';
import { aKeeper } from './listening.ts';

const basic = (text: string | Buffer): string => `Basic ${Buffer.from(text).toString('base64')}`;
const HEX = '0123456789abcdef0123456789ABCDEF01234567';

/** First as most logins go, then with the slow proof, as the first login with a password goes. */
async function isRight(keeper: SecretKeeper, secret: KeptSecret | null, offered: Buffer | null) {
  return keeper.matches(secret, offered) || (await keeper.proves(secret, offered, '10.0.0.1')) === true;
}

describe('Basic credentials', () => {
  test.each([
    ['the key as text', 'CP', 'secret-key-16-chars', basic('CP:secret-key-16-chars'), true],
    ['a password with a colon', 'CP', 'a:b', basic('CP:a:b'), true],
    ['an identity with a colon', 'C:P', 'key', basic('C:P:key'), true],
    ['a key in hex, sent as text', 'CP', HEX, basic(`CP:${HEX}`), true],
    [
      'a key in hex, sent as its bytes',
      'CP',
      HEX,
      basic(Buffer.concat([Buffer.from('CP:'), Buffer.from(HEX, 'hex')])),
      true,
    ],
    ['the scheme in lower case', 'CP', 'key', basic('CP:key').replace('Basic', 'basic'), true],
    ['a wrong key', 'CP', 'secret-key-16-chars', basic('CP:secret-key-16-charz'), false],
    ['a longer key', 'CP', 'secret-key-16-chars', basic('CP:secret-key-16-chars2'), false],
    ['a wrong password', 'CP', 'key', basic('CP:kez'), false],
    ['an empty password', 'CP', 'key', basic('CP:'), false],
    ['the password of another identity', 'CP', 'key', basic('CQ:key'), false],
    ['another scheme', 'CP', 'key', 'Bearer key', false],
    ['no base64', 'CP', 'key', 'Basic ???', false],
    ['nothing', 'CP', 'key', undefined, false],
    ['far too much', 'CP', 'key', basic(`CP:${'k'.repeat(5_000)}`), false],
    ['what stands where no second spelling is', 'CP', 'key', basic('CP:filler'), false],
  ])('%s', async (_what, identity, password, header, expected) => {
    const keeper = aKeeper();
    const secret = keeper.keep(password);
    expect(await isRight(keeper, secret, passwordIn(header, identity))).toBe(expected);
  });

  test('are never right for an identity without a secret', async () => {
    const keeper = aKeeper();
    keeper.keep('short');
    for (const offer of ['', 'short', 'filler', 'secret'])
      expect(await isRight(keeper, null, Buffer.from(offer))).toBe(false);
    expect(await isRight(keeper, null, null)).toBe(false);
  });
});

describe('a short password', () => {
  test('is proven once, and then known at once', async () => {
    const keeper = aKeeper();
    const secret = keeper.keep('short');
    const offered = Buffer.from('short');
    expect(secret.isKey).toBe(false);
    expect(keeper.matches(secret, offered)).toBe(false);
    expect(await keeper.proves(secret, offered, '10.0.0.1')).toBe(true);
    expect(keeper.matches(secret, offered)).toBe(true);
    expect(keeper.matches(secret, Buffer.from('other'))).toBe(false);
  });

  test('that is wrong stays wrong however often it is tried', async () => {
    const keeper = aKeeper();
    const secret = keeper.keep('short');
    for (let n = 0; n < 3; n += 1) expect(await isRight(keeper, secret, Buffer.from('shorT'))).toBe(false);
    expect(await isRight(keeper, secret, Buffer.from('short'))).toBe(true);
  });

  test('that is wrong costs the work of scrypt, and so does a key and nobody', async () => {
    const keeper = new SecretKeeper({ deviceKey: Buffer.alloc(32, 1), scryptCost: 2 ** 12 });
    const password = keeper.keep('short');
    const key = keeper.keep('a-key-of-enough-characters');
    const offered = Buffer.from('wrong');
    const tookMs = async (secret: KeptSecret | null): Promise<number> => {
      const startedAt = performance.now();
      expect(await keeper.proves(secret, offered, '10.0.0.1')).toBe(false);
      return performance.now() - startedAt;
    };
    const least = async (secret: KeptSecret | null): Promise<number> =>
      Math.min(await tookMs(secret), await tookMs(secret), await tookMs(secret), await tookMs(secret));
    const ofPassword = await least(password);
    expect(await least(key)).toBeGreaterThan(ofPassword / 10);
    expect(await least(null)).toBeGreaterThan(ofPassword / 10);
  });

  test('waits its turn behind few others; beyond them it is busy, and soonest for one address', async () => {
    const keeper = aKeeper();
    const secret = keeper.keep('short');
    const tries = Array.from({ length: 6 }, () => keeper.proves(secret, Buffer.from('x'), '10.0.0.1'));
    const other = keeper.proves(secret, Buffer.from('short'), '10.0.0.2');
    expect(await Promise.all(tries)).toEqual([false, false, false, false, 'busy', 'busy']);
    expect(await other).toBe(true);
    const crowd = Array.from({ length: 40 }, (_, n) =>
      keeper.proves(secret, Buffer.from('x'), `10.0.1.${n}`),
    );
    expect((await Promise.all(crowd)).filter((one) => one === 'busy')).toHaveLength(8);
  });
});

test('nothing of a key is worked for twice, and no site without passwords works for any', async () => {
  const keeper = aKeeper();
  const secret = keeper.keep('a-key-of-enough-characters');
  expect(secret.isKey).toBe(true);
  const tries = Array.from({ length: 40 }, () => keeper.proves(secret, Buffer.from('x'), '10.0.0.1'));
  expect(new Set(await Promise.all(tries))).toEqual(new Set([false]));
});

test('the same key has another digest on another device', () => {
  const [one, other] = [1, 2].map((n) => new SecretKeeper({ deviceKey: Buffer.alloc(32, n), scryptCost: 2 }));
  const key = 'a-key-of-enough-characters';
  expect(one?.keep(key).macs[0]).toEqual(one?.keep(key).macs[0]);
  expect(one?.keep(key).macs[0]).not.toEqual(other?.keep(key).macs[0]);
});

test('what is kept shows no secret', () => {
  const keeper = aKeeper();
  const shown = inspect([keeper, keeper.keep('short-secret'), keeper.keep(HEX)], {
    depth: 9,
    showHidden: true,
  });
  expect(shown).not.toContain('short-secret');
  expect(shown).not.toContain(HEX);
});
