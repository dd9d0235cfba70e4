import { assign, setup } from 'xstate';
import type { Address } from '../../runtime/address.ts';
import type { ActorKind } from '../../runtime/host/actor-kind.ts';

interface CounterContext {
  count: number;
}

/** A lamp that counts, dims by a durable deadline and can be broken: enough to try every promise of the host. */
export const lampMachine = setup({
  types: {
    context: {} as CounterContext,
    input: {} as { count: number },
    events: {} as
      | { type: 'count' }
      | { type: 'switchOn' }
      | { type: 'switchOff' }
      | { type: 'break' }
      | { type: 'burnOut' },
  },
  actions: {
    countUp: assign({ count: ({ context }) => context.count + 1 }),
    explode: assign(() => {
      throw new Error('broken lamp');
    }),
    shine: () => {},
    reportDark: () => {},
  },
  delays: { afterglow: 1_000 },
}).createMachine({
  id: 'lamp',
  context: ({ input }) => ({ count: input.count }),
  initial: 'dark',
  on: { count: { actions: 'countUp' }, break: { actions: 'explode' }, burnOut: '.gone' },
  states: {
    dark: { on: { switchOn: 'lit' } },
    lit: {
      entry: { type: 'shine' },
      after: { afterglow: { target: 'dark', actions: 'reportDark' } },
      on: { switchOff: 'dark', switchOn: { target: 'lit', reenter: true } },
    },
    gone: { type: 'final' },
  },
});

/** Envelope types: `lamp.made` brings it into being; `lamp.<event>` steps it; `lamp.pass {to, n}` tells on. */
export const lampKind: ActorKind = {
  kind: 'lamp',
  machine: lampMachine,
  snapshotVersion: 1,
  migrations: {},
  mailboxMax: 64,
  birth: (envelope) => (envelope.type === 'lamp.made' ? { count: 0 } : undefined),
  receive(turn) {
    const { type, data } = turn.envelope;
    const body = data as { to?: Address; n?: number; key?: string; cut?: boolean };
    if (type === 'lamp.relaxedCount') {
      turn.relax();
      turn.step({ type: 'count' });
    } else if (type === 'lamp.volatileCount') {
      turn.keepInMemory();
      turn.step({ type: 'count' });
    } else if (type === 'lamp.pass') {
      for (let i = 1; i <= body.n!; i++) turn.tell(body.to!, 'lamp.count', { i });
    } else if (type === 'lamp.passLatest') {
      turn.tell(body.to!, 'lamp.noted', { n: body.n! }, { delivery: 'latest', key: body.key! });
    } else if (type === 'lamp.noted') {
      const noted = turn.row<number[]>('noted', turn.self) ?? [];
      turn.putRow('noted', turn.self, [...noted, body.n!]);
    } else if (type === 'lamp.cut') {
      turn.perform({ port: 'out', type: 'cut', recovery: 'state', data: { n: body.n! }, cut: true });
    } else if (type === 'lamp.answer') {
      turn.perform({ port: 'out', type: 'answer', recovery: 'answer', data: { n: body.n! } });
    } else if (type !== 'lamp.made') {
      turn.step({ type: type.slice('lamp.'.length) });
    }
  },
  onEffect(turn, effect) {
    turn.perform({ port: 'out', type: effect.type, recovery: 'state', data: {} });
    turn.journal({ type: `lamp.${effect.type}`, reason: { code: `lamp.${effect.type}` } });
  },
};
