import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  encodeCall,
  encodeError,
  encodeResult,
  type Frame,
  parseFrame,
} from '../../../../adapters/ocpp/frame.ts';
import { mutations, REAL_FRAMES } from './malformed.ts';

const limits = { charsMax: 256 * 1024, idLengthMax: 36 };
const nested = (depth: number): string => `[2,"1","X",${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}]`;

describe('a well-formed frame', () => {
  test('keeps the payload of a CALL exactly as it was written', () => {
    const raw = '{ "idTag" : "\\u0041" ,"n":1.50, "s":"]}\\"[{" }';
    expect(parseFrame(` [ 2 , "id-1" , "Authorize" ,${raw} ] `, limits)).toEqual({
      kind: 'call',
      id: 'id-1',
      action: 'Authorize',
      raw,
      payload: { idTag: 'A', n: 1.5, s: ']}"[{' },
    });
  });

  test('keeps the payload of a CALLRESULT exactly as it was written', () => {
    expect(parseFrame('[3,"a\\"b",{"x":10000000000000000001}]', limits)).toMatchObject({
      kind: 'result',
      id: 'a"b',
      raw: '{"x":10000000000000000001}',
    });
  });

  test.each([
    ['[4,"1","GenericError","why",{"a":1}]', 'GenericError', 'why', { a: 1 }],
    [
      '[4,"1","RpcFrameworkError","Call already in progress"]',
      'RpcFrameworkError',
      'Call already in progress',
      {},
    ],
    ['[4,"1","",null,null]', '', '', {}],
  ])('reads the CALLERROR %s', (text, code, description, details) => {
    expect(parseFrame(text, limits)).toEqual({ kind: 'error', id: '1', code, description, details });
  });

  test('reads what the encoders write', () => {
    const id = 'é"\\';
    expect(parseFrame(encodeCall(id, 'Reset', '{"type":"Hard"}'), limits)).toMatchObject({
      kind: 'call',
      id,
      action: 'Reset',
      raw: '{"type":"Hard"}',
    });
    expect(parseFrame(encodeResult(id, '{}'), limits)).toMatchObject({ kind: 'result', id, raw: '{}' });
    expect(parseFrame(encodeError(id, 'GenericError', 'x'.repeat(300), {}), limits)).toMatchObject({
      kind: 'error',
      id,
      description: 'x'.repeat(255),
    });
  });

  test('leaves every prototype alone', () => {
    const frame = parseFrame(
      '[2,"1","X",{"__proto__":{"polluted":1},"constructor":{"prototype":{"p":1}}}]',
      limits,
    );
    expect(frame.kind).toBe('call');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.getPrototypeOf((frame as Extract<Frame, { kind: 'call' }>).payload)).toBe(Object.prototype);
  });
});

describe('a malformed frame', () => {
  test.each([
    ['', null, 'FormationViolation'],
    ['\ufeff[2,"1","X",{}]', null, 'FormationViolation'],
    ['\0', null, 'FormationViolation'],
    ['{}', null, 'FormationViolation'],
    ['null', null, 'FormationViolation'],
    ['[]', null, 'FormationViolation'],
    ['["2","1","X",{}]', null, 'FormationViolation'],
    ['[-1,"1","X",{}]', null, 'FormationViolation'],
    ['[22,"1","X",{}]', null, 'FormationViolation'],
    ['[2.0,"1","X",{}]', null, 'FormationViolation'],
    ['[2]', null, 'FormationViolation'],
    ['[2,1,"X",{}]', null, 'FormationViolation'],
    ['[2,"","X",{}]', null, 'FormationViolation'],
    ['[2,"\\ud800","X",{}]', null, 'FormationViolation'],
    ['[2,"\ud800","X",{}]', null, 'FormationViolation'],
    ['[2,"unclosed', null, 'FormationViolation'],
    [`[2,"${'i'.repeat(65_536)}","X",{}]`, null, 'FormationViolation'],
    [`[2,"${'i'.repeat(37)}","X",{}]`, 'i'.repeat(37), 'FormationViolation'],
    ['[2,"1"]', '1', 'FormationViolation'],
    ['[2,"1",{}]', '1', 'FormationViolation'],
    ['[2,"1","",{}]', '1', 'FormationViolation'],
    ['[2,"1","X"]', '1', 'FormationViolation'],
    ['[2,"1","X",null]', '1', 'FormationViolation'],
    ['[2,"1","X",[]]', '1', 'FormationViolation'],
    ['[2,"1","X","{}"]', '1', 'FormationViolation'],
    ['[2,"1","X",{},{}]', '1', 'FormationViolation'],
    ['[2,"1","X",{}', '1', 'FormationViolation'],
    ['[2,"1","X",{}]]', '1', 'FormationViolation'],
    ['[2,"1","MeterValues",{"connectorId":1,"transactionId":}]', '1', 'FormationViolation'],
    [nested(17), '1', 'FormationViolation'],
    [nested(5_000), '1', 'FormationViolation'],
    ['[3,"1",null]', '1', 'FormationViolation'],
    ['[4,"1"]', '1', 'FormationViolation'],
    ['[4,"1",7,"",{}]', '1', 'FormationViolation'],
    ['[0,"1","X",{}]', '1', 'ProtocolError'],
    ['[5,"1","X",{}]', '1', 'ProtocolError'],
    ['x'.repeat(256 * 1024 + 1), null, 'tooLarge'],
  ])('%.60s is refused with what can be said about it', (text, id, code) => {
    expect(parseFrame(text, limits)).toMatchObject({ kind: 'bad', id, code });
  });

  test('may have an id of up to 255 characters where that is switched on', () => {
    const text = `[2,"${'i'.repeat(80)}","Heartbeat",{}]`;
    expect(parseFrame(text, { ...limits, idLengthMax: 255 }).kind).toBe('call');
  });

  test('is nested too deep only beyond 16 levels, brackets inside strings not counted', () => {
    expect(parseFrame(nested(15), limits).kind).toBe('call');
    expect(parseFrame(nested(16), limits).kind).toBe('bad');
    expect(parseFrame(`[2,"1","X",{"a":"${'[{\\"'.repeat(100)}"}]`, limits).kind).toBe('call');
  });

  test('never makes the codec throw, whatever 10 000 mutated frames and random texts hold', () => {
    const kinds = new Set<string>();
    for (const text of mutations(7, 8_000)) kinds.add(parseFrame(text, limits).kind);
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constantFrom(...REAL_FRAMES)),
        (text) => {
          kinds.add(parseFrame(text, limits).kind);
        },
      ),
      { numRuns: 2_000, seed: 11 },
    );
    expect([...kinds].sort()).toEqual(['bad', 'call', 'error', 'result']);
  });

  test('agrees with JSON.parse about every CALL it lets through', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 36 }),
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })),
        (id, payload) => {
          const raw = JSON.stringify(payload);
          expect(parseFrame(encodeCall(id, 'DataTransfer', raw), limits)).toMatchObject({
            kind: 'call',
            id,
            raw,
          });
        },
      ),
      { numRuns: 1_000, seed: 12 },
    );
  });

  test.each([
    ['many keys', `[2,"1","X",{${Array.from({ length: 10_000 }, (_, n) => `"k${n}":${n}`).join(',')}}]`],
    ['a number of 200 000 digits', `[2,"1","X",{"n":${'9'.repeat(200_000)}}]`],
    ['a run of backslashes', `[2,"1","X",{"n":"${'\\\\'.repeat(100_000)}"}]`],
    ['brackets without end', `[2,"1","X",${'['.repeat(200_000)}`],
  ])('costs little even with %s', (_what, text) => {
    const startedAt = performance.now();
    parseFrame(text, limits);
    expect(performance.now() - startedAt).toBeLessThan(250);
  });
});
