import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressToSubject,
  escapeToken,
  siteSubjects,
  subjectToAddress,
  unescapeToken,
} from '../../../../adapters/nats/subjects.ts';
import type { Address } from '../../../../runtime/address.ts';

/** Every UTF-16 text, lone surrogates included: an identifier that comes from outside may hold anything. */
const anyText = fc.string({
  unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
});
const ocppIdentifier = fc.string({
  unit: fc.constantFrom(...'abcXYZ0189*-_=:+@.|'),
  minLength: 1,
  maxLength: 48,
});
const address = fc
  .tuple(
    fc.constantFrom('charger', 'connector', 'session', 'link', 'budget'),
    fc.oneof(ocppIdentifier, anyText),
  )
  .map(([kind, id]): Address => `${kind}/${id}`);

describe('subjects', () => {
  it.each([
    ['charger/cp-01', 'holdfast.north.charger.cp-01.cmd'],
    ['connector/cp-01/2', 'holdfast.north.connector.cp-01.2.cmd'],
    ['charger/CP_1', 'holdfast.north.charger.CP__1.cmd'],
    ['charger/a.b*c>d', 'holdfast.north.charger.a_2Eb_2Ac_3Ed.cmd'],
    ['charger/é', 'holdfast.north.charger._u00E9.cmd'],
    ['charger/', 'holdfast.north.charger._.cmd'],
  ] as const)('writes %s as %s and reads it back', (from, subject) => {
    expect(addressToSubject('north', from)).toBe(subject);
    expect(subjectToAddress('north', subject)).toBe(from);
  });

  it('gives every address of every site a subject that leads back to it', () => {
    fc.assert(
      fc.property(anyText, address, (site, from) => {
        expect(subjectToAddress(site, addressToSubject(site, from))).toBe(from);
      }),
    );
  });

  it('writes tokens of letters, digits, underscore and hyphen only, never empty', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeToken(text)).toMatch(/^[A-Za-z0-9_-]+$/);
      }),
    );
  });

  it('reads a token in its one spelling or not at all', () => {
    const token = fc.string({ unit: fc.constantFrom(...'aZ0_-u24EFe.*> ') });
    fc.assert(
      fc.property(token, (text) => {
        const read = unescapeToken(text);
        if (read !== undefined) expect(escapeToken(read)).toBe(text);
      }),
    );
  });

  it('keeps different addresses apart', () => {
    fc.assert(
      fc.property(address, address, (one, other) => {
        expect(addressToSubject('s', one) === addressToSubject('s', other)).toBe(one === other);
      }),
    );
  });

  it.each([
    ['another site', 'holdfast.south.charger.cp-01.cmd'],
    ['another root', 'other.north.charger.cp-01.cmd'],
    ['another leaf', 'holdfast.north.charger.cp-01.evt'],
    ['no id', 'holdfast.north.charger.cmd'],
    ['nothing at all', 'holdfast.north.cmd'],
    ['an empty token', 'holdfast.north.charger..cmd'],
    ['a wildcard', 'holdfast.north.charger.*.cmd'],
    ['a letter that needs no escape', 'holdfast.north.charger._41.cmd'],
    ['an escape in lower case', 'holdfast.north.charger._2e.cmd'],
  ])('refuses a subject with %s', (_, subject) => {
    expect(subjectToAddress('north', subject)).toBeUndefined();
  });

  it('names all subjects of a site for its credentials', () => {
    expect(siteSubjects('main.site')).toBe('holdfast.main_2Esite.>');
  });
});
