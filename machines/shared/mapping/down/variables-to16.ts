import type { Mapped, OcppAnswer, OcppCall, Payload } from '../mapping.ts';
import { answerAt, callError, fields, type ReasonCode, statusInfo, type Translation } from '../outcome.ts';
import { type Component, rowOfVariable, type Variable } from './variable-lookup.ts';
import type { VariableKey } from './variable-table.ts';
import { valueTo16, valueTo201 } from './variable-value.ts';

/** SetVariables and GetVariables of a 2.0.1 CPMS, by ChangeConfiguration and GetConfiguration. */

/** Most variables of one request: each one set is a CALL of its own to the charger. */
const ITEMS_MAX = 50;

interface Item {
  attributeType?: string;
  attributeValue?: string;
  component: Component;
  variable: Variable;
}

/** What of an item is settled without the charger; else the key to ask it about. */
type Plan = { settled: Payload } | { row: VariableKey; item: Item };

function resultOf(item: Item, attributeStatus: string, more: Payload = {}): Payload {
  const { attributeType, component, variable } = item;
  return fields({ attributeType, attributeStatus, component, variable, ...more });
}

function refusedResult(item: Item, reasonCode: ReasonCode, text: string): Payload {
  return resultOf(item, 'Rejected', { attributeStatusInfo: statusInfo(reasonCode, text) });
}

/** Address of the item in the table. Keys have one value each, which is the actual one. */
function planFor(item: Item): Plan {
  const row = rowOfVariable(item.component, item.variable);
  if (typeof row === 'string') return { settled: resultOf(item, row) };
  if ((item.attributeType ?? 'Actual') !== 'Actual')
    return { settled: resultOf(item, 'NotSupportedAttributeType') };
  return { row, item };
}

function planSet(item: Item): Plan {
  const plan = planFor(item);
  if ('settled' in plan) return plan;
  if (plan.row.access === 'readOnly')
    return { settled: refusedResult(item, 'ReadOnly', `${plan.row.key} is read-only in OCPP 1.6`) };
  if (valueTo16(plan.row.value, item.attributeValue ?? '') === null)
    return { settled: refusedResult(item, 'InvalidValue', `${plan.row.key} of OCPP 1.6 cannot hold this`) };
  return plan;
}

function planGet(item: Item): Plan {
  const plan = planFor(item);
  if ('settled' in plan || plan.row.access !== 'writeOnly') return plan;
  return { settled: refusedResult(item, 'WriteOnly', `${plan.row.key} cannot be read`) };
}

const TOO_MANY: Mapped = {
  outcome: 'answered',
  answer: callError('OccurrenceConstraintViolation', `at most ${ITEMS_MAX} variables at once`),
  reason: `more than ${ITEMS_MAX} variables in one request`,
};

export const setVariablesTo16: Translation = (payload) => {
  const items = payload.setVariableData as Item[];
  if (items.length > ITEMS_MAX) return TOO_MANY;
  const plans = items.map(planSet);
  const calls: OcppCall[] = plans.flatMap((plan) =>
    'settled' in plan
      ? []
      : [
          {
            action: 'ChangeConfiguration',
            payload: {
              key: plan.row.key,
              value: valueTo16(plan.row.value, plan.item.attributeValue ?? ''),
            },
          },
        ],
  );
  const merged = (answers: readonly OcppAnswer[]): OcppAnswer => {
    let next = 0;
    const setVariableResult = plans.map((plan) =>
      'settled' in plan ? plan.settled : setResult(plan.item, answerAt(answers, next++)),
    );
    return { payload: { setVariableResult } };
  };
  return sentOrAnswered(calls, merged);
};

const SET_STATUS: ReadonlyMap<unknown, string> = new Map([
  ['Accepted', 'Accepted'],
  ['RebootRequired', 'RebootRequired'],
  ['NotSupported', 'UnknownVariable'],
]);

function setResult(item: Item, answer: OcppAnswer): Payload {
  if ('error' in answer)
    return refusedResult(item, 'InternalError', `${answer.error.code}: ${answer.error.description}`);
  return resultOf(item, SET_STATUS.get(answer.payload.status) ?? 'Rejected');
}

function sentOrAnswered(
  calls: readonly OcppCall[],
  merged: (answers: readonly OcppAnswer[]) => OcppAnswer,
): Mapped {
  if (calls.length > 0) return { outcome: 'sent', calls, lost: [], answer: merged };
  return {
    outcome: 'answered',
    answer: merged([]),
    reason: 'none of these variables has a configuration key of OCPP 1.6 for this',
  };
}

export const getVariablesTo16: Translation = (payload) => {
  const items = payload.getVariableData as Item[];
  if (items.length > ITEMS_MAX) return TOO_MANY;
  const plans = items.map(planGet);
  const keys = new Set(plans.flatMap((plan) => ('settled' in plan ? [] : [plan.row.key])));
  const calls: OcppCall[] =
    keys.size === 0 ? [] : [{ action: 'GetConfiguration', payload: { key: [...keys] } }];
  return sentOrAnswered(calls, (answers) => {
    const answer = keys.size === 0 ? { payload: {} } : answerAt(answers, 0);
    if ('error' in answer) return answer;
    const values = valuesOf(answer.payload);
    return {
      payload: {
        getVariableResult: plans.map((plan) => ('settled' in plan ? plan.settled : getResult(plan, values))),
      },
    };
  });
};

function valuesOf({ configurationKey }: Payload): Map<string, string> {
  const listed = (configurationKey ?? []) as Array<{ key: string; value?: string }>;
  // A key without a value is known and not set.
  return new Map(listed.map(({ key, value }) => [key.toLowerCase(), value ?? '']));
}

function getResult({ row, item }: { row: VariableKey; item: Item }, values: Map<string, string>): Payload {
  const value = values.get(row.key.toLowerCase());
  if (value === undefined) return resultOf(item, 'UnknownVariable');
  // Only a password may have no form there, and no password is read.
  return resultOf(item, 'Accepted', { attributeValue: valueTo201(row.value, value) ?? '' });
}
