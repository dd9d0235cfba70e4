import { isDeepStrictEqual } from 'node:util';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  type AnyTransitionDefinition,
  createActor,
  type EventObject,
} from 'xstate';
import { getAdjacencyMap, getShortestPaths } from 'xstate/graph';
import type { Json } from '../../runtime/envelope.ts';
import { MachineRunner } from '../../runtime/host/step.ts';

/** What a walk needs to know of a machine. */
export interface ModelOptions {
  input: Record<string, unknown>;
  /** Sample events; several of one type where guards look inside. Timer events are added by the walk. */
  events: EventObject[];
  /** The few bits of context that guards decide by; without them the graph would grow for ever. */
  relevant?: (context: Record<string, unknown>) => Json;
  /** Largest graph worth walking; more is a mistake in `relevant`. */
  statesMax?: number;
  /** Wall milliseconds given to timer events, as the host does. */
  at: number;
}

export interface ModelReport {
  states: number;
  edges: number;
  /** Paths run against the machine through the runner, one per edge of the graph. */
  paths: number;
  statesNotReached: string[];
  transitionsNotTaken: string[];
  /** Where the running machine and the graph, or a restored machine, disagree. Empty when all is well. */
  disagreements: string[];
}

interface AdjacentNode {
  transitions: Record<string, { event: EventObject; state: AnyMachineSnapshot }>;
}

type Node = { steps: EventObject[]; snapshot: AnyMachineSnapshot };

/**
 * Walks the whole state graph of a machine: to every state by a shortest path, and from there along every edge.
 * Each path runs on a real actor (the host's own runner), and once more with a restart before its last step.
 */
export function walkModel(machine: AnyStateMachine, options: ModelOptions): ModelReport {
  const keyOf = keyMaker(options);
  const samples = sampleEvents(machine, options);
  const traversal = {
    input: options.input,
    events: samples,
    serializeState: keyOf,
    serializeEvent: (event: EventObject) => JSON.stringify(event),
    limit: (options.statesMax ?? 1_000) * samples.length,
  };
  const shortest = getShortestPaths(machine, traversal as never);
  const graph = getAdjacencyMap(machine, traversal as never) as unknown as Record<string, AdjacentNode>;
  const nodes = new Map<string, Node>();
  for (const path of shortest) {
    const snapshot = path.state as AnyMachineSnapshot;
    const steps = path.steps.map(({ event }) => event as EventObject).filter(isNotInit);
    nodes.set(keyOf(snapshot), { steps, snapshot });
  }
  const seen = { states: new Set<string>(), transitions: new Set<AnyTransitionDefinition>() };
  const disagreements: string[] = [];
  let paths = 0;
  for (const [key, { transitions }] of Object.entries(graph)) {
    const node = nodes.get(key)!;
    for (const { id } of node.snapshot._nodes) seen.states.add(id);
    // Nothing is sent to an actor that is done: the host has let it go.
    if (node.snapshot.status === 'done') continue;
    for (const edge of Object.values(transitions)) {
      paths += 1;
      const { event } = edge;
      const expected = keyOf(edge.state);
      disagreements.push(...runPath(machine, options, node.steps, event, keyOf, expected));
      observe(machine, node.snapshot, event, seen);
    }
  }
  observeStart(machine, options, seen);
  const declared = declaredTransitions(machine);
  return {
    states: nodes.size,
    edges: paths,
    paths,
    statesNotReached: allStateIds(machine.root).filter((id) => !seen.states.has(id)),
    transitionsNotTaken: [...declared].filter(([def]) => !seen.transitions.has(def)).map(([, name]) => name),
    disagreements,
  };
}

function isNotInit(event: EventObject): boolean {
  return event.type !== 'xstate.init';
}

function keyMaker({ relevant }: ModelOptions) {
  return (snapshot: unknown): string => {
    const { value, status, context } = snapshot as AnyMachineSnapshot;
    return JSON.stringify([value, status, relevant?.(context) ?? null]);
  };
}

/** The given samples, and one expiry of every timer that the chart declares. */
function sampleEvents(machine: AnyStateMachine, { events, at }: ModelOptions): EventObject[] {
  const timers = machine.events.filter((type) => type.startsWith('xstate.after.'));
  return [...events, ...timers.map((type) => ({ type, at }))];
}

/** Runs `steps` then `event`: in one go, and with a restart in between. Returns what went wrong. */
function runPath(
  machine: AnyStateMachine,
  options: ModelOptions,
  steps: EventObject[],
  event: EventObject,
  keyOf: (snapshot: unknown) => string,
  expected: string,
): string[] {
  const story = [...steps, event].map(({ type }) => type).join(' → ');
  const runner = new MachineRunner(machine, { input: options.input });
  runner.start();
  for (const step of steps) runner.step(step);
  const stored = JSON.parse(JSON.stringify(runner.persisted())) as Json;
  runner.step(event);
  const end = runner.snapshot();

  const restored = new MachineRunner(machine, { snapshot: stored });
  restored.start();
  restored.step(event);
  const problems: string[] = [];
  if (end.status === 'error') problems.push(`${story}: ended in an error`);
  if (keyOf(end) !== expected) problems.push(`${story}: ${keyOf(end)} instead of ${expected}`);
  if (!isDeepStrictEqual(plain(restored.persisted()), plain(runner.persisted()))) {
    problems.push(`${story}: a restart before the last step changes the end`);
  }
  return problems;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

interface Seen {
  states: Set<string>;
  transitions: Set<AnyTransitionDefinition>;
}

interface Inspected {
  type: string;
  snapshot?: AnyMachineSnapshot;
  _transitions?: AnyTransitionDefinition[];
}

const inertClock = { setTimeout: () => 0, clearTimeout: () => {} };

function inspector(seen: Seen) {
  return (record: Inspected) => {
    if (record.type !== '@xstate.microstep') return;
    for (const node of (record.snapshot as { _nodes?: AnyStateNode[] })._nodes ?? [])
      seen.states.add(node.id);
    for (const transition of record._transitions ?? []) seen.transitions.add(transition);
  };
}

/** The runner keeps to itself which transitions were taken; an actor of our own shows them. */
function observe(machine: AnyStateMachine, from: AnyMachineSnapshot, event: EventObject, seen: Seen): void {
  const actor = createActor(machine, {
    snapshot: from,
    clock: inertClock,
    inspect: inspector(seen) as never,
  });
  actor.start();
  actor.send(event);
}

function observeStart(machine: AnyStateMachine, { input }: ModelOptions, seen: Seen): void {
  createActor(machine, { input, clock: inertClock, inspect: inspector(seen) as never }).start();
}

function allStateIds(node: AnyStateNode): string[] {
  return [node.id, ...Object.values(node.states).flatMap((child) => allStateIds(child as AnyStateNode))];
}

/** Every transition written in the chart, with a name to find it by. */
export function declaredTransitions(machine: AnyStateMachine): Map<AnyTransitionDefinition, string> {
  const found = new Map<AnyTransitionDefinition, string>();
  const visit = (node: AnyStateNode): void => {
    for (const [type, definitions] of node.transitions) {
      definitions.forEach((definition, index) => {
        found.set(definition, `${node.id} on ${type} (${index + 1})`);
      });
    }
    node.always?.forEach((definition, index) => {
      found.set(definition, `${node.id} always (${index + 1})`);
    });
    for (const child of Object.values(node.states)) visit(child as AnyStateNode);
  };
  visit(machine.root);
  return found;
}
