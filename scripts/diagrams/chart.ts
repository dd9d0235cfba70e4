import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A statechart reduced to what a diagram shows; the same for every output format. */
export interface ChartState {
  id: string;
  name: string;
  description: string;
  type: 'atomic' | 'compound' | 'parallel' | 'final';
  /** The child in which a compound state begins. */
  initial: string | null;
  children: ChartState[];
  /** Effects of entering and leaving. */
  onEntry: string[];
  onExit: string[];
  /** Reactions that stay inside the state, and those that may lead here from anywhere in its parent. */
  reactions: string[];
  arrivals: string[];
}

export interface ChartEdge {
  from: string;
  to: string;
  /** Empty: the words stand in the target's `arrivals`. */
  labels: string[];
}

export interface Chart {
  root: ChartState;
  edges: ChartEdge[];
}

/** The words of more than so many equal arrows into one state stand once, in that state. */
const SAME_ARROWS_MAX = 2;

export function chartOf(machine: AnyStateMachine): Chart {
  const states = new Map<string, ChartState>();
  const root = stateOf(machine, machine.root, states);
  const arrows: Array<{ from: AnyStateNode; to: string; label: string }> = [];
  visit(machine.root, (node) => {
    for (const definition of transitionsOf(node)) {
      const label = labelOf(machine, definition);
      const targets = definition.target ?? [];
      if (targets.length === 0) states.get(node.id)!.reactions.push(label);
      for (const target of targets as AnyStateNode[]) {
        if (target.id !== node.id && isWithin(target, node)) states.get(target.id)!.arrivals.push(label);
        else arrows.push({ from: node, to: target.id, label });
      }
    }
  });
  const edges = new Map<string, ChartEdge>();
  for (const { from, to, label } of arrows) {
    const same = arrows.filter((other) => other.to === to && other.label === label);
    const target = states.get(to)!;
    const edge = edges.get(`${from.id}>${to}`) ?? { from: from.id, to, labels: [] };
    edges.set(`${from.id}>${to}`, edge);
    addOnce(same.length > SAME_ARROWS_MAX ? target.arrivals : edge.labels, label);
  }
  return { root, edges: [...edges.values()] };
}

/** Every state below and with the given one, from the top down. */
export function statesIn(state: ChartState): ChartState[] {
  return [state, ...state.children.flatMap(statesIn)];
}

function addOnce(list: string[], text: string): void {
  if (!list.includes(text)) list.push(text);
}

function stateOf(machine: AnyStateMachine, node: AnyStateNode, all: Map<string, ChartState>): ChartState {
  const children = childrenOf(node);
  const state: ChartState = {
    id: node.id,
    name: node.key,
    description: node.description ?? '',
    type: node.type === 'history' ? 'atomic' : node.type,
    initial: node.type === 'compound' ? (node.initial.target?.[0]?.id ?? null) : null,
    children: children.map((child) => stateOf(machine, child, all)),
    onEntry: effectsOf(machine, node.entry),
    onExit: effectsOf(machine, node.exit),
    reactions: [],
    arrivals: [],
  };
  all.set(node.id, state);
  return state;
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states) as AnyStateNode[];
}

function visit(node: AnyStateNode, fn: (node: AnyStateNode) => void): void {
  fn(node);
  for (const child of childrenOf(node)) visit(child, fn);
}

function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function isWithin(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  for (let at: AnyStateNode | undefined = node; at; at = at.parent) if (at === ancestor) return true;
  return false;
}

function labelOf(machine: AnyStateMachine, definition: AnyTransitionDefinition): string {
  const guard = definition.guard ? ` [${namedWithParams(definition.guard)}]` : '';
  const effects = effectsOf(machine, definition.actions);
  return `${eventText(definition.eventType)}${guard}${effects.length > 0 ? ` / ${effects.join(', ')}` : ''}`;
}

/** `xstate.after.graceOver.charger.mode.offline` reads `after graceOver`; an eventless transition has no event text but this. */
function eventText(type: string): string {
  if (type === '') return 'as soon as';
  const after = /^xstate\.after\.([^.]+)\./.exec(type);
  return after ? `after ${after[1]}` : type;
}

type Named = string | { type: string; params?: unknown };

/** Effects only: what the machine remembers (`assign`) and its own timers would bury the story. */
function effectsOf(machine: AnyStateMachine, actions: readonly unknown[] | undefined): string[] {
  return (actions ?? []).flatMap((action) => {
    const name = typeof action === 'string' ? action : (action as { type?: string }).type;
    if (name === undefined || name.startsWith('xstate.')) return [];
    const implementation = machine.implementations.actions[name] as { type?: string } | undefined;
    return implementation?.type?.startsWith('xstate.') ? [] : [namedWithParams(action as Named)];
  });
}

/** Stands for an event or a context whose values are not known: every property leads to another unknown. */
const unknown: unknown = new Proxy(() => unknown, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => '' : unknown),
});

/** `isMode online`: the name, and those params that are written in the chart. */
function namedWithParams(named: unknown): string {
  if (typeof named === 'string') return named;
  const { type, params } = named as { type: string; params?: unknown };
  const known = Object.values(paramsOf(params)).filter((value) =>
    ['string', 'number'].includes(typeof value),
  );
  return [type, ...known].join(' ').trim();
}

function paramsOf(params: unknown): Record<string, unknown> {
  if (typeof params !== 'function') return (params as Record<string, unknown> | undefined) ?? {};
  try {
    return { ...(params({ context: unknown, event: unknown }) as Record<string, unknown>) };
  } catch {
    // A selector that computes with values that only exist at run time shows its name alone.
    return {};
  }
}
