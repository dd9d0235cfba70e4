import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../runtime/envelope.ts';
import {
  CorruptValue,
  decodeRaw,
  decodeValue,
  encodeRaw,
  encodeValue,
  ValueWriter,
} from '../../../../runtime/persistence/value-codec.ts';

describe('the value codec', () => {
  it('lays out the text in UTF-8, then a big-endian CRC-32 over key and text', () => {
    const bytes = Buffer.from(encodeValue('clé', { a: 'ü' }));
    expect(bytes.toString('utf8', 0, bytes.length - 4)).toBe('{"a":"ü"}');
    expect(bytes.readUInt32BE(bytes.length - 4)).toBe(crc32(Buffer.from('clé{"a":"ü"}')));
  });

  it('writes the values of a group side by side, each as if alone, whatever the size of its memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' })),
        fc.integer({ min: 1, max: 200 }),
        (texts, bytes) => {
          const writer = new ValueWriter(bytes);
          const written = texts.map((text, index) => writer.raw(`k${index}`, text));
          for (const [index, text] of texts.entries())
            expect(Buffer.from(written[index]!)).toEqual(Buffer.from(encodeRaw(`k${index}`, text)));
        },
      ),
    );
  });

  it('gives back every JSON value', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (key, value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json;
        expect(decodeValue('rows', key, encodeValue(key, json))).toEqual(json);
      }),
    );
  });

  it('gives back raw text exactly as it was, white space included', () => {
    const text = '{ "b":1.0, "a":"\\u00e9" }';
    expect(decodeRaw('journal', '1', encodeRaw('1', text))).toBe(text);
  });

  it('reads a value that is a view into a larger buffer', () => {
    const bytes = encodeValue('k', { a: 1 });
    const larger = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
    expect(decodeValue('rows', 'k', new Uint8Array(larger.subarray(6, 6 + bytes.length)))).toEqual({ a: 1 });
  });

  it('finds every single flipped bit', () => {
    const bytes = encodeValue('key', { limitMilliamps: 16_000 });
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = damaged[bit >> 3]! ^ (1 << (bit & 7));
      expect(() => decodeValue('rows', 'key', damaged)).toThrow(CorruptValue);
    }
  });

  it('refuses a sound value under another key, and says where', () => {
    const bytes = encodeValue('a', 1);
    expect(() => decodeValue('rows', 'b', bytes)).toThrow(
      expect.objectContaining({ name: 'CorruptValue', table: 'rows', key: 'b' }),
    );
  });

  it.each([0, 1, 3, 4])('refuses a value cut to %i bytes', (length) => {
    expect(() => decodeValue('rows', 'k', encodeValue('k', 12).subarray(0, length))).toThrow(CorruptValue);
  });

  it('refuses text that is no JSON, though its checksum is right', () => {
    expect(() => decodeValue('rows', 'k', encodeRaw('k', '{"a":'))).toThrow(CorruptValue);
  });
});
