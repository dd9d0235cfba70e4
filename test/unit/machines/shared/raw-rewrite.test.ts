import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewritten } from '../../../../machines/shared/raw-rewrite.ts';

type Node = Record<string, unknown>;

/** Numbers become texts, members that are null go; shares all that stays. */
function meddled(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const next = value.map(meddled);
    return next.every((entry, i) => Object.is(entry, value[i])) ? value : next;
  }
  const kept = Object.entries(value as Node).filter(([, inner]) => inner !== null);
  const next = kept.map(([key, inner]) => [key, meddled(inner)] as const);
  const isSame =
    next.length === Object.keys(value).length && next.every(([, inner], i) => Object.is(inner, kept[i]?.[1]));
  return isSame ? value : Object.fromEntries(next);
}

describe('rewritten', () => {
  test.each([
    ['{"a":1}', '{"a":"1"}'],
    ['{ "a" : 1 ,\t"b":"\\/\\u00e9" }\n', '{ "a" : "1" ,\t"b":"\\/\\u00e9" }\n'],
    ['{"a":null,"b":true}', '{"b":true}'],
    ['{"b":true, "a":null}', '{"b":true}'],
    ['{"b":true, "a":null , "c":false}', '{"b":true , "c":false}'],
    ['{ "a" : null }', '{  }'],
    ['{"a":null,"b":null,"c":"x"}', '{"c":"x"}'],
    ['{"l":[ 1 , {"a":null} , "x" ]}', '{"l":[ "1" , {} , "x" ]}'],
    ['{"__proto__":1,"s":"[1,{\\"a\\":null}"}', '{"__proto__":"1","s":"[1,{\\"a\\":null}"}'],
    ['{"n\\u0061me":1}', '{"n\\u0061me":"1"}'],
    ['{"a":1.10,"b":8949020012345678901}', '{"a":"1.10","b":"8949020012345678901"}'],
  ])('%s becomes %s', (raw, expected) => {
    const before: unknown = JSON.parse(raw);
    expect(rewritten(raw, before, meddled(before))).toBe(expected);
  });

  test.each([
    ['{"a":"230.10"}', 230.1, '{"a":230.10}'],
    ['{"a":"\\u0031"}', 1, '{"a":1}'],
    ['{"a":"0x10"}', 16, '{"a":16}'],
    ['{"a":"7"}', 8, '{"a":8}'],
    ['{"a":7}', 'seven', '{"a":"seven"}'],
    ['{"a":[1]}', { b: 2 }, '{"a":{"b":2}}'],
  ])('%s with %j in it becomes %s', (raw, after, expected) => {
    expect(rewritten(raw, JSON.parse(raw), { a: after })).toBe(expected);
  });

  test('says what is wanted, whatever the text, and every untouched text as it stood', () => {
    const spaced = fc.tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t', ' \n'));
    fc.assert(
      fc.property(spaced, ([value, space]) => {
        const raw = JSON.stringify(value, null, space);
        const before: unknown = JSON.parse(raw);
        const after = meddled(before);
        expect(JSON.stringify(JSON.parse(rewritten(raw, before, after)))).toBe(JSON.stringify(after));
        expect(rewritten(raw, before, before)).toBe(raw);
      }),
      { numRuns: 1_000 },
    );
  });
});
