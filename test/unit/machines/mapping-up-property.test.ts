import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../../machines/shared/mapping/mapping.ts';
import { mapUp } from '../../../machines/shared/mapping/up/map-up.ts';
import { signedFrom, textOfSigned } from '../../../machines/shared/mapping/up/signed-value.ts';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import {
  CHARGER_REQUESTS_16,
  CHARGER_REQUESTS_201,
  CPMS_RESPONSES_16,
  CPMS_RESPONSES_201,
} from '../../helpers/charger-call-generators.ts';
import { benchOf, transactionFacts } from '../../helpers/mapping-bench.ts';
import {
  answersTo,
  expectAnswerOf,
  factsTowards,
  withVendorFields,
} from '../../helpers/mapping-property-bench.ts';
import { ocmfText } from '../../helpers/meter-value-generators.ts';
import { chargerActionsOf, violationIn } from '../../helpers/strict-schemas.ts';

const { sent } = benchOf(mapUp);

type Messages = Readonly<Record<string, Arbitrary<unknown>>>;
const DIRECTIONS: ReadonlyArray<{
  from: OcppVersion;
  to: OcppVersion;
  requests: Messages;
  responses: Messages;
}> = [
  { from: '1.6', to: '2.0.1', requests: CHARGER_REQUESTS_16, responses: CPMS_RESPONSES_201 },
  { from: '2.0.1', to: '1.6', requests: CHARGER_REQUESTS_201, responses: CPMS_RESPONSES_16 },
];
const ACTION_ROWS = DIRECTIONS.flatMap((direction) =>
  chargerActionsOf(direction.from).map((action) => ({ ...direction, action })),
);

describe('any request of a charger', () => {
  test.each(ACTION_ROWS)('$from $action has generated requests', ({ from, requests, action }) => {
    expect(requests).toHaveProperty(action);
    fc.assert(
      fc.property(requests[action]!, (payload) => {
        expect(violationIn(from, action, 'Request', payload)).toBeNull();
      }),
      { numRuns: 15 },
    );
  });

  test.each(ACTION_ROWS)(
    '$from $action becomes valid CALLs of the other version, and their answers a valid answer',
    ({ from, to, requests, responses, action }) => {
      const cases = fc
        .tuple(requests[action]!, factsTowards(to))
        .map(([payload, facts]) => mapUp(from, to, { action, payload: payload as Payload }, facts))
        .chain((mapped) => {
          const answers = mapped.outcome === 'sent' ? answersTo(mapped, responses) : fc.constant([]);
          return fc.record({ mapped: fc.constant(mapped), answers });
        });
      fc.assert(
        fc.property(cases, ({ mapped, answers }) => {
          if (mapped.outcome === 'answered') {
            expect(mapped.reason).not.toBe('');
            expectAnswerOf(from, action, mapped.answer);
            return;
          }
          expect(mapped.calls.length).toBeGreaterThan(0);
          for (const call of mapped.calls) {
            expect(responses).toHaveProperty(call.action);
            expect(violationIn(to, call.action, 'Request', call.payload)).toBeNull();
          }
          expectAnswerOf(from, action, mapped.answer(answers));
          // The socket may go before the last part is answered.
          expectAnswerOf(from, action, mapped.answer(answers.slice(0, -1)));
        }),
        { numRuns: 200 },
      );
    },
  );
});

test.each(chargerActionsOf('1.6'))(
  'fields of vendors in a 1.6 %s, which are read leniently, go no further',
  (action) => {
    fc.assert(
      fc.property(CHARGER_REQUESTS_16[action]!, factsTowards('2.0.1'), (payload, facts) => {
        const mapped = mapUp(
          '1.6',
          '2.0.1',
          { action, payload: withVendorFields(payload) as Payload },
          facts,
        );
        const calls = mapped.outcome === 'sent' ? mapped.calls : [];
        for (const call of calls)
          expect(violationIn('2.0.1', call.action, 'Request', call.payload)).toBeNull();
      }),
      { numRuns: 30 },
    );
  },
);

describe('1 000 signed samples', () => {
  const AT = '2026-11-25T12:00:00.000Z';
  const there = (value: string): Payload => {
    const meterValue = [{ timestamp: AT, sampledValue: [{ value, format: 'SignedData' }] }];
    return sent('1.6', 'MeterValues', { connectorId: 1, meterValue }, transactionFacts('tx')).calls[0]!
      .payload;
  };
  const back = (event: Payload): Payload =>
    sent('2.0.1', 'TransactionEvent', event, transactionFacts(7)).calls[0]!.payload;
  const samplesOf = <S>(payload: Payload): S[] =>
    (payload.meterValue as Array<{ sampledValue: S[] }>)[0]!.sampledValue;

  test('of a 1.6 charger are in 2.0.1, and back in 1.6, byte for byte', () => {
    fc.assert(
      fc.property(ocmfText, (signed) => {
        const event = there(signed);
        const [sample] = samplesOf<{ signedMeterValue: { signedMeterData: string } }>(event);
        expect(sample?.signedMeterValue.signedMeterData).toBe(signed);
        const texts = samplesOf<{ value: string; format?: string }>(back(event));
        expect(texts.filter(({ format }) => format === 'SignedData').map(({ value }) => value)).toEqual([
          signed,
        ]);
      }),
      { numRuns: 1000 },
    );
  });

  test('of a 2.0.1 charger keep the text, the method and the key by way of 1.6', () => {
    const any = fc.string({ unit: 'binary', maxLength: 50 });
    const value = fc.record({
      signedMeterData: fc.oneof(
        ocmfText,
        any,
        any.map((text) => JSON.stringify({ signedMeterData: text })),
      ),
      signingMethod: fc.oneof(fc.constant(''), any),
      encodingMethod: fc.oneof(fc.constantFrom('', 'OCMF'), any),
      publicKey: fc.oneof(fc.constant(''), any),
    });
    fc.assert(
      fc.property(value, (signed) => {
        expect(signedFrom(textOfSigned(signed))).toEqual(signed);
      }),
      { numRuns: 1000 },
    );
  });
});
