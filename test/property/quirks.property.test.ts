import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../machines/shared/mapping/mapping.ts';
import { utcReader } from '../../machines/shared/quirks/local-time.ts';
import { mendedPayload } from '../../machines/shared/quirks/mend.ts';
import type { QuirkFacts } from '../../machines/shared/quirks/repair.ts';
import { REPAIR_NAMES, type RepairName, stepsByAction } from '../../machines/shared/quirks/repairs.ts';
import { CHARGER_REQUESTS_16, CHARGER_REQUESTS_201 } from '../helpers/charger-call-generators.ts';
import { violationIn } from '../helpers/strict-schemas.ts';

/** No repair may touch a frame that is valid by the schema to the letter. */

const facts: QuirkFacts = { utcOf: utcReader('Europe/Berlin'), isOfTransaction: () => false };
/** The one that is about ids which are legal numbers: see below. */
const ABOUT_LEGAL_NUMBERS: RepairName = 'made-up-transaction';
const others = new Set(REPAIR_NAMES.filter((name) => name !== ABOUT_LEGAL_NUMBERS));

const ROWS = [
  ...Object.entries(CHARGER_REQUESTS_16).map(([action, part]) => ({ version: '1.6' as const, action, part })),
  ...Object.entries(CHARGER_REQUESTS_201).map(([action, part]) => ({
    version: '2.0.1' as const,
    action,
    part,
  })),
].map((row) => ({ ...row, steps: stepsByAction(row.version, others).get(row.action) ?? [] }));

describe('a valid frame', () => {
  test.each(ROWS.filter(({ steps }) => steps.length > 0))(
    'of $version $action is changed by no repair',
    ({ version, action, part, steps }) => {
      fc.assert(
        fc.property(part, (generated) => {
          const payload = JSON.parse(JSON.stringify(generated)) as Payload;
          fc.pre(violationIn(version, action, 'Request', payload) === null);
          expect(mendedPayload(steps, payload, facts)).toBeNull();
        }),
        { numRuns: 300 },
      );
    },
  );

  test('every action that has a repair is generated', () => {
    const generated = (version: '1.6' | '2.0.1') =>
      ROWS.filter((row) => row.version === version).map(({ action }) => action);
    for (const version of ['1.6', '2.0.1'] as const)
      expect(generated(version)).toEqual(
        expect.arrayContaining([...stepsByAction(version, new Set(REPAIR_NAMES)).keys()]),
      );
  });
});

/** Every number in quotes. */
function inQuotes(value: unknown): unknown {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inQuotes);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inQuotes(inner)]));
}

test.each([
  ['1.6', 'MeterValues'],
  ['1.6', 'StartTransaction'],
  ['1.6', 'StatusNotification'],
  ['1.6', 'StopTransaction'],
  ['2.0.1', 'StatusNotification'],
] as const)('numbers in quotes are the numbers again in %s %s', (version, action) => {
  const requests = version === '1.6' ? CHARGER_REQUESTS_16 : CHARGER_REQUESTS_201;
  const steps = stepsByAction(version, others).get(action) ?? [];
  fc.assert(
    fc.property(requests[action]!, (generated) => {
      const payload = JSON.parse(JSON.stringify(generated)) as Payload;
      expect(mendedPayload(steps, inQuotes(payload) as Payload, facts)?.payload).toEqual(payload);
    }),
  );
});

test('a made-up id goes where it belongs to no transaction; nothing else of valid meter values does', () => {
  const steps = stepsByAction('1.6', new Set([ABOUT_LEGAL_NUMBERS])).get('MeterValues') ?? [];
  const ids = fc.constantFrom(-1, 0, 1, -2, 2 ** 30, undefined);
  fc.assert(
    fc.property(CHARGER_REQUESTS_16.MeterValues!, ids, fc.boolean(), (generated, id, isOfTransaction) => {
      const { transactionId: _, ...rest } = JSON.parse(JSON.stringify(generated)) as Payload;
      const payload: Payload = id === undefined ? rest : { ...rest, transactionId: id };
      const mended = mendedPayload(steps, payload, { ...facts, isOfTransaction: () => isOfTransaction });
      if ((id === -1 || id === 0) && !isOfTransaction) expect(mended?.payload).toEqual(rest);
      else expect(mended).toBeNull();
    }),
  );
});
