import { VARIABLE_KEYS, type VariableKey } from './variable-table.ts';

/** ComponentType and VariableType of OCPP 2.0.1. */
export interface Component {
  name: string;
  instance?: string;
  evse?: unknown;
}
export interface Variable {
  name: string;
  instance?: string;
}

/** Names in both versions are compared without regard to case. */
const byKey: ReadonlyMap<string, VariableKey> = new Map(
  VARIABLE_KEYS.map((row) => [row.key.toLowerCase(), row]),
);
const byVariable: ReadonlyMap<string, VariableKey> = new Map(
  VARIABLE_KEYS.map((row) => [variableKey(componentOf(row), variableOf(row)), row]),
);
const components: ReadonlySet<string> = new Set(
  VARIABLE_KEYS.map(({ component }) => component.toLowerCase()),
);

export function componentOf({ component }: VariableKey): Component {
  return { name: component };
}

export function variableOf({ variable, instance }: VariableKey): Variable {
  return instance === undefined ? { name: variable } : { name: variable, instance };
}

function variableKey(component: Component, variable: Variable): string {
  return JSON.stringify([component.name, variable.name, variable.instance ?? '']).toLowerCase();
}

export function rowOfKey(key: string): VariableKey | undefined {
  return byKey.get(key.toLowerCase());
}

/** The row of a variable, or what 2.0.1 says when there is none. The controllers have no instances and no EVSE. */
export function rowOfVariable(
  component: Component,
  variable: Variable,
): VariableKey | 'UnknownComponent' | 'UnknownVariable' {
  const isController = component.evse === undefined && component.instance === undefined;
  if (!isController || !components.has(component.name.toLowerCase())) return 'UnknownComponent';
  return byVariable.get(variableKey(component, variable)) ?? 'UnknownVariable';
}
