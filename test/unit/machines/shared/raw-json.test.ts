import { describe, expect, it } from 'vitest';
import { hasDoubledKeys, rewriteTransactionId } from '../../../../machines/shared/raw-json.ts';

describe('rewriteTransactionId', () => {
  const rows: Array<[name: string, raw: string, expected: string]> = [
    ['replaces the number', '{"transactionId":1073741824}', '{"transactionId":7}'],
    ['replaces 0, which is a legal id', '{"transactionId":0,"a":1}', '{"transactionId":7,"a":1}'],
    ['replaces a negative id', '{"transactionId":-1}', '{"transactionId":7}'],
    ['replaces the whole of 1.0e0', '{"transactionId":1.0e0}', '{"transactionId":7}'],
    [
      'keeps spaces, number forms and escapes elsewhere',
      '{ "meterStop" : 1.0 , "transactionId" :\t12 ,"x":"\\u00e9é\\/" }\n',
      '{ "meterStop" : 1.0 , "transactionId" :\t7 ,"x":"\\u00e9é\\/" }\n',
    ],
    ['sees a key written with escapes', '{"transaction\\u0049d":5}', '{"transaction\\u0049d":7}'],
    [
      'replaces both of a doubled key',
      '{"transactionId":1,"transactionId":2}',
      '{"transactionId":7,"transactionId":7}',
    ],
    [
      'leaves nested keys and array items alone',
      '{"a":{"transactionId":1},"b":[{"transactionId":2}],"transactionId":3}',
      '{"a":{"transactionId":1},"b":[{"transactionId":2}],"transactionId":7}',
    ],
    [
      'is not fooled by the key inside a string value',
      '{"v":"\\"transactionId\\":9","w":"transactionId","transactionId":3}',
      '{"v":"\\"transactionId\\":9","w":"transactionId","transactionId":7}',
    ],
    ['leaves null alone', '{"transactionId":null}', '{"transactionId":null}'],
    ['leaves a text alone', '{"transactionId":"12"}', '{"transactionId":"12"}'],
    ['leaves text without the key alone', '{"connectorId":1}', '{"connectorId":1}'],
    ['leaves an array payload alone', '[{"transactionId":1}]', '[{"transactionId":1}]'],
    ['survives text that breaks off', '{"transactionId":1,"x":"abc\\', '{"transactionId":7,"x":"abc\\'],
    ['survives a key with a broken escape', '{"transaction\\uZZ":1}', '{"transaction\\uZZ":1}'],
  ];
  it.each(rows)('%s', (_, raw, expected) => {
    expect(rewriteTransactionId(raw, 7)).toBe(expected);
  });

  it('returns the very same text when the number is the same', () => {
    const raw = '{"meterStop":10,"transactionId":42}';
    expect(rewriteTransactionId(raw, 42)).toBe(raw);
  });
});

describe('hasDoubledKeys', () => {
  it.each([
    '{"key":"a","key":"b"}',
    '{"key":"a","k\\u0065y":"b"}',
    '{"log":{"location":"a" , "location" : "b"}}',
    '[{"a":1,"a":2}]',
  ])('finds them in %s', (raw) => expect(hasDoubledKeys(raw)).toBe(true));

  it.each(['{}', '{"a":"a\\":","b":{"a":1}}', ' { "a" : [ {"b":1}, {"b":2} ] } ', '"text"'])(
    'finds none in %s',
    (raw) => expect(hasDoubledKeys(raw)).toBe(false),
  );
});
