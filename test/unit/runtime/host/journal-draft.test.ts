import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Envelope, Json } from '../../../../runtime/envelope.ts';
import { decisionDraft, inputDraft } from '../../../../runtime/host/journal-draft.ts';
import { canonicalJson } from '../../../../runtime/persistence/canonical-json.ts';
import { CHAIN_START, JournalChain, verifyChain } from '../../../../runtime/persistence/journal-chain.ts';

const envelopes: fc.Arbitrary<Envelope> = fc.record(
  {
    id: fc.string(),
    type: fc.string(),
    at: fc.nat(),
    receivedAt: fc.nat(),
    clockTrust: fc.constantFrom('trusted' as const, 'untrusted' as const),
    from: fc.constant('south/cp' as const),
    to: fc.constant('charger/cp' as const),
    data: fc.jsonValue() as fc.Arbitrary<Json>,
    charger: fc.string(),
    connector: fc.nat(),
    session: fc.uuid(),
    cause: fc.string(),
    correlation: fc.string(),
    reason: fc.record({ code: fc.string(), params: fc.dictionary(fc.string(), fc.nat()) }),
  },
  { requiredKeys: ['id', 'type', 'at', 'receivedAt', 'clockTrust', 'from', 'to', 'data'] },
);

test('a sealed record is canonical JSON as a whole, numbered and chained, whatever its envelope says', () => {
  fc.assert(
    fc.property(fc.array(envelopes, { minLength: 1, maxLength: 5 }), (inputs) => {
      const chain = new JournalChain(CHAIN_START);
      const records = inputs.flatMap((envelope) =>
        [inputDraft(envelope), decisionDraft({ type: 'decided' }, envelope, 0, 'rules')].map((draft) =>
          chain.seal(draft),
        ),
      );
      for (const { text } of records) expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
      expect(verifyChain(records)).toEqual({ ok: true, count: records.length, tip: chain.tip });
    }),
  );
});
