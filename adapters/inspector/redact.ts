import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';

/**
 * What of a machine and its snapshots may be shown to a page that is not ours: the shape of the chart, the state
 * value, and of the context only values of listed keys. Everything is copied by allow-list, so that a new field of a
 * machine is hidden until someone lists it.
 */

/** Context keys whose scalar value is shown; all other values are replaced by the name of their type. */
export const SHOWN_CONTEXT_KEYS: ReadonlySet<string> = new Set([
  'charger',
  'connector',
  'connectors',
  'session',
  'mode',
  'backend',
  'attempts',
  'graceMs',
  'fallbackAfterMs',
  'limitMilliamps',
  'fallbackMilliamps',
  'minMilliamps',
  'leaseMs',
  'phases',
  'managed',
  'mirrorCloseAfterMs',
]);

const CONTEXT_KEYS_MAX = 100;
const DEPTH_MAX = 24;
const TEXT_MAX = 200;

export interface ShownSnapshot {
  status: AnyMachineSnapshot['status'];
  value: unknown;
  context: Record<string, string | number | boolean | null>;
}

export function shownSnapshot(snapshot: AnyMachineSnapshot): ShownSnapshot {
  return {
    status: snapshot.status,
    value: structuredClone(snapshot.value),
    context: shownContext(snapshot.context as Record<string, unknown>),
  };
}

function shownContext(context: Record<string, unknown>): ShownSnapshot['context'] {
  const shown: ShownSnapshot['context'] = {};
  for (const [key, value] of Object.entries(context).slice(0, CONTEXT_KEYS_MAX)) {
    shown[key] = SHOWN_CONTEXT_KEYS.has(key) && isScalar(value) ? value : typeName(value);
  }
  return shown;
}

function isScalar(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'string') return value.length <= TEXT_MAX;
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}

/** `<string>`, `<list of 3>`: says that there is something, not what. Keys of inner objects may be tags, so they are hidden too. */
function typeName(value: unknown): string {
  if (Array.isArray(value)) return `<list of ${value.length}>`;
  return value === null ? '<null>' : `<${typeof value}>`;
}

/** Keys of a chart's configuration that describe its shape. Not among them: context, input, output, params, meta. */
const SHAPE_KEYS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'initial',
  'states',
  'on',
  'after',
  'always',
  'entry',
  'exit',
  'onDone',
  'target',
  'guard',
  'actions',
  'description',
  'tags',
  'history',
  'reenter',
]);

/** Keys whose children are named freely (states, events, delays). */
const NAMED_CHILDREN: ReadonlySet<string> = new Set(['states', 'on', 'after']);

/** The chart's configuration without anything that holds data. */
export function shownDefinition(machine: AnyStateMachine): Record<string, unknown> {
  return shownNode(machine.config, 0) as Record<string, unknown>;
}

function shownNode(node: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) return undefined;
  if (typeof node === 'function') return { type: node.name === '' ? 'inline' : node.name };
  if (Array.isArray(node)) return node.map((item) => shownNode(item, depth + 1));
  if (typeof node !== 'object' || node === null) return node;
  const shown: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (!SHAPE_KEYS.has(key)) continue;
    shown[key] = NAMED_CHILDREN.has(key) ? shownChildren(value, depth + 1) : shownNode(value, depth + 1);
  }
  return shown;
}

function shownChildren(children: unknown, depth: number): unknown {
  if (typeof children !== 'object' || children === null) return undefined;
  return Object.fromEntries(Object.entries(children).map(([name, child]) => [name, shownNode(child, depth)]));
}
