import type { OcppAnswer, OcppCall, Payload } from '../mapping.ts';
import {
  answerAt,
  answerWith,
  fields,
  refusal,
  refuse16,
  sendOne,
  statusBy,
  type Translation,
} from '../outcome.ts';
import {
  type Component,
  componentOf,
  rowOfKey,
  rowOfVariable,
  type Variable,
  variableOf,
} from './variable-lookup.ts';
import { VARIABLE_KEYS, type VariableKey } from './variable-table.ts';
import { valueTo16, valueTo201 } from './variable-value.ts';

/** ChangeConfiguration and GetConfiguration of a 1.6 CPMS, by SetVariables and GetVariables. */

/** Most variables asked for at once: chargers bound it with ItemsPerMessage, which is not known here, so few. */
const VARIABLES_PER_CALL = 20;
/** Longest value of a 1.6 key. */
const VALUE_LENGTH_MAX = 2048;
/** Longest value that SetVariables takes. */
const SET_VALUE_LENGTH_MAX = 1000;

export const changeConfigurationTo201: Translation = (payload) => {
  const { key, value } = payload as { key: string; value: string };
  const row = rowOfKey(key);
  if (row === undefined)
    return refuse16('NotSupported', refusal('NotFound', `no variable of OCPP 2.0.1 is known for ${key}`));
  if (row.access === 'readOnly') return refuse16('Rejected', refusal('ReadOnly', `${key} is read-only`));
  const attributeValue = valueTo201(row.value, value);
  if (attributeValue === null || attributeValue.length > SET_VALUE_LENGTH_MAX)
    return refuse16('Rejected', refusal('InvalidValue', `the value of ${key} has no form in OCPP 2.0.1`));
  return sendOne(
    {
      action: 'SetVariables',
      payload: { setVariableData: [{ attributeValue, ...addressOf(row) }] },
    },
    [],
    ({ setVariableResult }) => statusOfSet({ status: (setVariableResult as Payload[])[0]?.attributeStatus }),
  );
};

const statusOfSet = statusBy(
  {
    Accepted: 'Accepted',
    RebootRequired: 'RebootRequired',
    UnknownComponent: 'NotSupported',
    UnknownVariable: 'NotSupported',
    NotSupportedAttributeType: 'NotSupported',
  },
  'Rejected',
);

function addressOf(row: VariableKey): Payload {
  return { component: componentOf(row), variable: variableOf(row) };
}

export const getConfigurationTo201: Translation = (payload) => {
  const asked = [...new Set((payload.key as string[] | undefined) ?? [])];
  const isWhole = asked.length === 0;
  const unknown = asked.filter((key) => rowOfKey(key) === undefined);
  const rows = isWhole ? VARIABLE_KEYS : [...new Set(asked.map(rowOfKey))].filter((row) => row !== undefined);
  // A password is never read; that the key is there can be said without asking.
  const hidden = isWhole ? [] : rows.filter(({ access }) => access === 'writeOnly');
  const readable = rows.filter(({ access }) => access !== 'writeOnly');
  const answer = (read: readonly Payload[]): OcppAnswer => {
    const values = valuesOf(read);
    const found = readable.filter((row) => values.has(row));
    const missing = isWhole ? [] : readable.filter((row) => !values.has(row)).map(({ key }) => key);
    return {
      payload: listed(
        [...found, ...hidden].map((row) => keyValue(row, values.get(row))),
        [...unknown, ...missing],
      ),
    };
  };
  if (readable.length === 0) {
    const { payload: listing } = answer([]) as { payload: Payload };
    return answerWith(listing, 'none of these keys can be read from a charger of OCPP 2.0.1');
  }
  const calls = callsFor(readable);
  return {
    outcome: 'sent',
    calls,
    lost: [],
    answer(answers) {
      const all = calls.map((_, index) => answerAt(answers, index));
      const failed = all.find((each) => 'error' in each);
      if (failed !== undefined) return failed;
      return answer(
        all.flatMap((each) => ('payload' in each ? (each.payload.getVariableResult as Payload[]) : [])),
      );
    },
  };
};

function callsFor(rows: readonly VariableKey[]): OcppCall[] {
  return chunksOf(rows, VARIABLES_PER_CALL).map((chunk) => ({
    action: 'GetVariables',
    payload: { getVariableData: chunk.map(addressOf) },
  }));
}

export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** What was read, by row; null: it is there and the charger does not tell it. */
function valuesOf(read: readonly Payload[]): Map<VariableKey, string | null> {
  const values = new Map<VariableKey, string | null>();
  for (const { attributeStatus, attributeValue, component, variable } of read) {
    const row = rowOfVariable(component as Component, variable as Variable);
    if (typeof row === 'string') continue;
    if (attributeStatus === 'Accepted')
      values.set(row, typeof attributeValue === 'string' ? valueTo16(row.value, attributeValue) : null);
    else if (attributeStatus === 'Rejected') values.set(row, null);
  }
  return values;
}

function keyValue({ key, access }: VariableKey, value: string | null | undefined): Payload {
  // Cut short it would be another value.
  const fits = typeof value === 'string' && value.length <= VALUE_LENGTH_MAX;
  return fields({ key, readonly: access === 'readOnly', value: fits ? value : undefined });
}

function listed(configurationKey: Payload[], unknownKey: string[]): Payload {
  return fields({
    configurationKey: configurationKey.length > 0 ? configurationKey : undefined,
    unknownKey: unknownKey.length > 0 ? unknownKey : undefined,
  });
}
