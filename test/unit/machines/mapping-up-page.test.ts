import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../../machines/shared/mapping/mapping.ts';
import { mapUp } from '../../../machines/shared/mapping/up/map-up.ts';
import { CHARGER_REQUESTS_16, CHARGER_REQUESTS_201 } from '../../helpers/charger-call-generators.ts';
import { factsTowards } from '../../helpers/mapping-property-bench.ts';
import { chargerActionsOf, requestFieldsOf } from '../../helpers/strict-schemas.ts';

/** docs/ocpp-mapping.md is held to the schemas and to what the code loses. */

const page = readFileSync(new URL('../../../docs/ocpp-mapping.md', import.meta.url), 'utf8');
const [, from16 = '', from201 = '', values = '', cards = ''] = page.split(/^## /m);

const DIRECTIONS = [
  { from: '1.6', to: '2.0.1', section: from16, requests: CHARGER_REQUESTS_16 },
  { from: '2.0.1', to: '1.6', section: from201, requests: CHARGER_REQUESTS_201 },
] as const;
const ROWS = DIRECTIONS.flatMap((direction) =>
  chargerActionsOf(direction.from).map((action) => ({ ...direction, action })),
);

interface Row {
  becomes: string;
  text: string;
}

/** The rows of an action; one that says "below" goes on in the rest of its section and in what holds for all. */
function rowsOf(section: string, action: string): Row[] {
  const cells = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1));
  return cells
    .filter(([names = '']) => names.split(',').some((name) => new RegExp(`^ *${action}\\b`).test(name)))
    .map(([, becomes = '', fields = '']) => ({
      becomes: becomes.trim(),
      text: /\bbelow\b/.test(fields) ? section + values + cards : `${fields}${cards}`,
    }));
}

/** As `field` or as the end or the beginning of a path: `transactionInfo.stoppedReason`. */
function names(text: string, field: string): boolean {
  return new RegExp(`\`(?:[\\w.]+\\.)?${field}(?:\\.[\\w.]+)?\``).test(text);
}

describe('docs/ocpp-mapping.md', () => {
  test.each(ROWS)('says what becomes of each field of a $from $action', ({ from, section, action }) => {
    const rows = rowsOf(section, action);
    expect(rows).not.toEqual([]);
    const isWhole = rows.some(({ becomes, text }) => becomes === 'nothing' || /^ *same\b/.test(text));
    const unsaid = requestFieldsOf(from, action).filter(
      (field) => !rows.some(({ text }) => names(text, field)),
    );
    expect(isWhole ? [] : unsaid).toEqual([]);
  });

  test.each(ROWS)('names all that a $from $action loses', ({ from, to, section, requests, action }) => {
    const rows = rowsOf(section, action);
    fc.assert(
      fc.property(requests[action]!, factsTowards(to), (payload, facts) => {
        const mapped = mapUp(from, to, { action, payload: payload as Payload }, facts);
        const lost = mapped.outcome === 'sent' ? mapped.lost : [];
        const fields = lost.map((path) => path.replaceAll('[]', '').split('.').at(-1) ?? '');
        const unsaid = fields.filter(
          (field) => field !== 'customData' && !rows.some(({ text }) => names(text, field)),
        );
        expect(unsaid).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('links the other direction, which exists', () => {
    const [, link = ''] = /\]\((ocpp-mapping-down\.md)\)/.exec(page) ?? [];
    expect(readFileSync(new URL(`../../../docs/${link}`, import.meta.url), 'utf8')).toContain(
      'CPMS to charger',
    );
  });
});
