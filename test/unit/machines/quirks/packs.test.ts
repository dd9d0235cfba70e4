import { describe, expect, test } from 'vitest';
import {
  DEFAULT_PACK,
  PACKS,
  type PackFit,
  packsFor,
  type QuirkPack,
  repairsFor,
} from '../../../../machines/shared/quirks/packs.ts';

const charger = { vendor: 'Acme GmbH', model: 'Wall 22', firmware: 'V1.10.3-b2' };

function fits(pack: PackFit, identity: typeof charger | { vendor: string; model: string; firmware: null }) {
  const packs: QuirkPack[] = [{ name: 'one', fits: pack, repairs: [] }];
  return packsFor(identity, packs).length === 1;
}

describe('a pack fits', () => {
  test.each<[PackFit, boolean]>([
    [{}, true],
    [{ vendor: 'acme gmbh' }, true],
    [{ vendor: 'Acme' }, false],
    [{ vendor: 'ACME*' }, true],
    [{ vendor: 'Acme*', model: 'Wall 22' }, true],
    [{ vendor: 'Acme*', model: 'Wall 11' }, false],
    [{ firmware: { upTo: '1.10.3' } }, true],
    [{ firmware: { upTo: '1.9.99' } }, false],
    [{ firmware: { upTo: '2' } }, true],
    [{ firmware: { from: '1.10.3' } }, true],
    [{ firmware: { from: '1.10.4' } }, false],
    [{ firmware: { from: '1.9', upTo: '1.11' } }, true],
    [{ vendor: 'Other', firmware: { from: '1.9' } }, false],
  ])('%o: %s', (pack, expected) => {
    expect(fits(pack, charger)).toBe(expected);
  });

  test('nobody by firmware who tells none', () => {
    expect(fits({ firmware: { upTo: '9' } }, { ...charger, firmware: null })).toBe(false);
  });
});

test('before the first boot only the default pack holds', () => {
  expect(packsFor(null)).toEqual([DEFAULT_PACK]);
});

test('the site file adds repairs, or takes all away', () => {
  expect([...repairsFor(null, ['zoneless-time'])]).toEqual([...DEFAULT_PACK.repairs, 'zoneless-time']);
  expect([...repairsFor({ vendor: 'Growatt', model: 'x', firmware: null }, 'none')]).toEqual([]);
});

test('packs have names of their own, and what may change a meaning is for nobody by default', () => {
  expect(new Set(PACKS.map(({ name }) => name)).size).toBe(PACKS.length);
  for (const name of ['zoneless-time', 'made-up-transaction'] as const)
    expect(DEFAULT_PACK.repairs).not.toContain(name);
});
