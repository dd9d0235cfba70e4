import { describe, expect, it } from 'vitest';
import { chargerMachine } from '../../machines/charger/charger.machine.ts';
import type {
  AwaitedAnswer,
  ChargerContext,
  ChargerEvent,
  ForwardedCommand,
} from '../../machines/charger/charger.messages.ts';
import { walkModel } from '../helpers/model-walk.ts';

const at = Date.UTC(2026, 0, 1);

const answer: AwaitedAnswer = {
  key: 'k1',
  kind: 'relayed',
  socketId: 's1',
  messageId: 'm1',
  action: 'Authorize',
  idTag: 'CARD',
  raw: null,
  overdue: false,
};
const command: ForwardedCommand = { key: 'c1', socketId: 'n1', messageId: 'm9', action: 'Reset' };

const modeEvents: ChargerEvent[] = [
  {
    type: 'charger.configured',
    at,
    graceMs: 60_000,
    answerBudgetMs: 5_000,
    managed: true,
    mirrorCloseAfterMs: null,
  },
  { type: 'socket.opened', at, socketId: 's1', connectors: [1] },
  { type: 'socket.opened', at, socketId: 's2', connectors: [] },
  { type: 'socket.closed', at, socketId: 's1' },
  { type: 'boot.answered', at, status: 'Accepted', connectors: [1] },
  { type: 'boot.answered', at, status: 'Pending', connectors: [1] },
  { type: 'boot.answered', at, status: 'Rejected', connectors: [1] },
  { type: 'boot.refused', at },
  { type: 'status.reported', at, connector: 1 },
  ...(['online', 'offline', 'fallback', 'resync'] as const).map(
    (mode): ChargerEvent => ({ type: 'backend.changed', at, mode }),
  ),
];
const waitingEvents: ChargerEvent[] = [
  { type: 'socket.opened', at, socketId: 's1', connectors: [] },
  { type: 'socket.closed', at, socketId: 's1' },
  {
    type: 'charger.configured',
    at,
    graceMs: 60_000,
    answerBudgetMs: 5_000,
    managed: true,
    mirrorCloseAfterMs: null,
  },
  { type: 'answer.awaited', at, answer, delayMs: 5_000 },
  { type: 'answer.repeated', at, key: 'k1', socketId: 's2', messageId: 'm2' },
  { type: 'answer.settled', at, key: 'k1' },
  { type: 'answer.overdue', key: 'k1' },
  { type: 'command.forwarded', at, command, raw: '{}' },
  { type: 'command.settled', at, key: 'c1' },
  { type: 'caps.scheduled', at, delayMs: 60_000 },
  { type: 'caps.due' },
  { type: 'deferrals.scheduled', at, delayMs: 60_000 },
  { type: 'deferrals.ended', at },
  { type: 'deferrals.due' },
];
const outageEvents: ChargerEvent[] = [
  ...[null, 30_000].map(
    (mirrorCloseAfterMs): ChargerEvent => ({
      type: 'charger.configured',
      at,
      graceMs: 60_000,
      answerBudgetMs: 5_000,
      managed: true,
      mirrorCloseAfterMs,
    }),
  ),
  { type: 'socket.opened', at, socketId: 's1', connectors: [] },
  ...(['online', 'offline', 'fallback', 'resync'] as const).map(
    (mode): ChargerEvent => ({ type: 'backend.changed', at, mode }),
  ),
];

describe('the charger chart, walked along every edge of its graph', () => {
  const modes = walkModel(chargerMachine, {
    input: { charger: 'cp1' },
    events: modeEvents,
    relevant: (context) => {
      const { socketId, everSeen, missingStatuses } = context as unknown as ChargerContext;
      return [socketId, everSeen, missingStatuses];
    },
    at,
  });
  // Room for two answers and one command shows what happens at the cap; the real caps only make the graph larger.
  const waiting = walkModel(small(), {
    input: { charger: 'cp1' },
    events: waitingEvents,
    relevant: (context) => {
      const { awaited, commands, socketId, everSeen } = context as unknown as ChargerContext;
      return [socketId, everSeen, awaited.map(({ overdue }) => overdue), commands.length];
    },
    at,
  });

  const outage = walkModel(chargerMachine, {
    input: { charger: 'cp1' },
    events: outageEvents,
    relevant: (context) => {
      const { mirrorCloseAfterMs, everSeen } = context as unknown as ChargerContext;
      return [mirrorCloseAfterMs, everSeen];
    },
    at,
  });
  const walks = [modes, waiting, outage];

  it('reaches every state', () => {
    const unreached = modes.statesNotReached.filter((state) => outage.statesNotReached.includes(state));
    expect(unreached).toEqual([]);
  });

  it('takes every transition, those of the modes, of who waits and of outages', () => {
    const never = modes.transitionsNotTaken.filter((name) =>
      walks.every(({ transitionsNotTaken }) => transitionsNotTaken.includes(name)),
    );
    expect(never).toEqual([]);
  });

  it('ends where the graph says, restarts included', () => {
    for (const { disagreements } of walks) expect(disagreements).toEqual([]);
  });

  it('is of the size that its story has', () => {
    expect(walks.map(({ states }) => states)).toEqual([276, 84, 98]);
  });
});

/** The same chart with less room. */
function small() {
  return chargerMachine.provide({
    guards: {
      hasRoomForAnswer: ({ context }) => context.awaited.length < 2,
      hasRoomForCommand: ({ context }) => context.commands.length < 1,
    },
  });
}
