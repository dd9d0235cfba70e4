import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../runtime/envelope.ts';
import { canonicalJson } from '../../../../runtime/persistence/canonical-json.ts';

describe('canonical JSON', () => {
  it('writes the example of RFC 8785 section 3.2.2 as section 3.2.3 prints it', () => {
    const source = `{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\"\\/",
      "literals": [null, true, false]
    }`;
    expect(canonicalJson(JSON.parse(source) as Json)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts the names of RFC 8785 section 3.2.3 by their UTF-16 units', () => {
    const source =
      '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh",' +
      '"1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control",' +
      '"\\u00f6":"Latin Small Letter O With Diaeresis"}';
    const text = canonicalJson(JSON.parse(source) as Json);
    expect(Object.values(JSON.parse(text) as Record<string, string>)[0]).toBe('One');
    const places = [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small',
      'Euro Sign',
      'Emoji',
      'Hebrew Letter',
    ].map((value) => text.indexOf(value));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  // RFC 8785 appendix B: IEEE 754 bits in hexadecimal, expected text.
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s of appendix B as %s', (bits, text) => {
    expect(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE(0))).toBe(text);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %s', (value) => {
    expect(() => canonicalJson([value])).toThrow(TypeError);
  });

  it('means the same after parsing, and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const plain = JSON.parse(JSON.stringify(value).replaceAll('-0,', '0,')) as Json;
        const text = canonicalJson(plain);
        const parsed = JSON.parse(text) as Json;
        expect(canonicalJson(parsed)).toBe(text);
        expect(JSON.stringify(sorted(parsed))).toBe(JSON.stringify(sorted(plain)));
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which members were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer(), { maxKeys: 60 }), (members) => {
        const backwards = Object.fromEntries(Object.entries(members).reverse());
        expect(canonicalJson(backwards)).toBe(canonicalJson(members));
      }),
    );
  });

  it('keeps a member called __proto__ as data, and puts 10 before 9', () => {
    expect(canonicalJson(JSON.parse('{"9":1,"__proto__":{"b":1,"a":2},"10":2}') as Json)).toBe(
      '{"10":2,"9":1,"__proto__":{"a":2,"b":1}}',
    );
  });

  it('replaces lone surrogates by U+FFFD, in names too, and keeps pairs', () => {
    expect(canonicalJson({ a: 'x\ud800y', b: '😀', '\udc00': '\udfff\ud83d' })).toBe(
      '{"a":"x\ufffdy","b":"😀","\ufffd":"\ufffd\ufffd"}',
    );
    expect(canonicalJson({ '\ud800': 1, '\ud801': 2 })).toBe('{"\ufffd":2}');
  });

  it('leaves undefined members out', () => {
    const record: { a: number; b?: number } = { a: 1 };
    expect(canonicalJson({ ...record, b: undefined } as unknown as Json)).toBe('{"a":1}');
  });

  it('refuses a value that is nested too deeply, and takes one just below', () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as Json;
    expect(canonicalJson(nested(200))).toHaveLength(400);
    expect(() => canonicalJson(nested(201))).toThrow(RangeError);
  });
});

/** Sorts members at every level, so that two values can be compared with their negative zeros and all. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
}
