import { assign, setup } from 'xstate';
import type { Address } from '../../runtime/address.ts';
import type { ActorKind, Turn } from '../../runtime/host/actor-kind.ts';

/** What every envelope to a node carries; `label` is unique in a run. */
export interface NodeData {
  label: string;
  to?: Address;
  times?: number;
  key?: string;
  path?: Address[];
  cut?: boolean;
}

export const NODE_DEADLINE_MS = 1_000;

/** Remembers all that it took, in order, so that one envelope too many, too few or too early shows. */
const nodeMachine = setup({
  types: {
    context: {} as { seen: string[] },
    input: {} as { seen: string[] },
    events: {} as
      | { type: 'note'; label: string }
      | { type: 'arm' }
      | { type: 'disarm' }
      | { type: 'explode' }
      | { type: 'finish' },
  },
  actions: {
    note: assign({ seen: ({ context }, { label }: { label: string }) => [...context.seen, label] }),
    explode: assign(() => {
      throw new Error('exploded');
    }),
    ring: () => {},
  },
  delays: { deadline: NODE_DEADLINE_MS },
}).createMachine({
  id: 'node',
  context: ({ input }) => input,
  initial: 'idle',
  on: {
    note: { actions: { type: 'note', params: ({ event }) => ({ label: event.label }) } },
    explode: { actions: 'explode' },
    finish: '.gone',
  },
  states: {
    idle: { on: { arm: 'armed' } },
    armed: {
      after: {
        deadline: { target: 'idle', actions: [{ type: 'note', params: { label: 'rang' } }, 'ring'] },
      },
      on: { disarm: 'idle', arm: { target: 'armed', reenter: true } },
    },
    gone: { type: 'final' },
  },
});

/** Nodes of one process life: `node.stumble` throws at the first try of each envelope, after doing half its work. */
export function nodeKind(): ActorKind {
  const stumbled = new Set<string>();
  return {
    kind: 'node',
    machine: nodeMachine,
    snapshotVersion: 1,
    migrations: {},
    mailboxMax: 8,
    birth: (envelope) => (envelope.type === 'node.made' ? { seen: [] } : undefined),
    receive(turn) {
      const data = turn.envelope.data as unknown as NodeData;
      const label = turn.envelope.type === 'runtime.undeliverable' ? 'undeliverable' : data.label;
      turn.step({ type: 'note', label } as { type: string });
      turn.putRow('seen', turn.self, seenBy(turn).length);
      work(turn, data);
      if (turn.envelope.type === 'node.stumble' && !stumbled.has(turn.envelope.id)) {
        stumbled.add(turn.envelope.id);
        throw new Error('stumbled');
      }
    },
    onEffect(turn, effect) {
      turn.journal({ type: `node.${effect.type}` });
      perform(turn, effect.type, { label: `rang ${turn.envelope.id}` });
    },
  };
}

function work(turn: Turn, data: NodeData): void {
  const { label, to, path = [] } = data;
  switch (turn.envelope.type) {
    case 'node.relaxed':
      turn.relax();
      break;
    case 'node.send':
      for (let i = 1; i <= data.times!; i++) turn.tell(to!, 'node.add', { label: `${label}.${i}` });
      break;
    case 'node.latest':
      turn.tell(to!, 'node.add', { label: `${label}.L` }, { delivery: 'latest', key: data.key! });
      break;
    case 'node.hop':
      if (path.length > 0) turn.tell(path[0]!, 'node.hop', { label: `${label}>`, path: path.slice(1) });
      break;
    case 'node.limit':
      perform(turn, 'limit', data);
      break;
    case 'node.answer':
    case 'node.stumble':
      perform(turn, 'answer', data);
      break;
    case 'node.explode':
      perform(turn, 'answer', data);
      turn.tell(turn.self, 'node.add', { label: `${label}.never` });
      turn.step({ type: 'arm' });
      turn.step({ type: 'explode' });
      break;
    case 'node.arm':
    case 'node.disarm':
    case 'node.finish':
      turn.step({ type: turn.envelope.type.slice('node.'.length) });
  }
}

/** The number of envelopes seen so far goes along: it shows in which state the effect was decided. */
function perform(turn: Turn, type: string, { label, cut }: { label: string; cut?: boolean }): void {
  const data = { label, from: turn.self, seen: seenBy(turn).length };
  const recovery = type === 'limit' ? 'state' : 'answer';
  turn.perform({ port: 'out', type, recovery, data, ...(cut ? { cut } : {}) });
}

function seenBy(turn: Turn): string[] {
  return (turn.snapshot().context as { seen: string[] }).seen;
}
