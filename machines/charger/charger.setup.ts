import { assign, cancel, enqueueActions, raise, setup } from 'xstate';
import { effect } from '../shared/effect.ts';
import type { Mode } from '../shared/mode.ts';
import {
  type AwaitedAnswer,
  type BootStatus,
  type ChargerContext,
  type ChargerEvent,
  type ChargerInput,
  commandsMax,
  type ForwardedCommand,
  type ModeCause,
} from './charger.messages.ts';
import * as rules from './charger.rules.ts';

type AnswerKey = { key: string };

/** Vocabulary of the charger's chart: what it asks, remembers and wants done. The effects are carried out by actors/charger-actor.ts. */
export const chargerSetup = setup({
  types: {
    context: {} as ChargerContext,
    events: {} as ChargerEvent,
    input: {} as ChargerInput,
  },
  guards: {
    isCurrentSocket: ({ context, event }) =>
      event.type === 'socket.closed' && event.socketId === context.socketId,
    wasEverSeen: ({ context }) => context.everSeen,
    bootIs: ({ event }, params: { status: BootStatus }) =>
      event.type === 'boot.answered' && event.status === params.status,
    backendIs: ({ event }, params: { mode: Mode }) =>
      event.type === 'backend.changed' && event.mode === params.mode,
    allStatusesKnown: ({ context }) => context.missingStatuses.length === 0,
    hasRoomForAnswer: ({ context }) => rules.hasRoomForAnswer(context),
    hasRoomForCommand: ({ context }) => context.commands.length < commandsMax,
    holdsThroughOutages: ({ event }) =>
      event.type === 'charger.configured' && event.mirrorCloseAfterMs === null,
    mirrorsOutages: ({ event }) => event.type === 'charger.configured' && event.mirrorCloseAfterMs !== null,
    mirrorsThisLoss: ({ context, event }) =>
      event.type === 'backend.changed' && rules.isAway(event.mode) && context.mirrorCloseAfterMs !== null,
    isBackendBack: ({ event }) => event.type === 'backend.changed' && !rules.isAway(event.mode),
    isUnanswered: ({ context, event }) =>
      event.type === 'answer.overdue' && rules.isUnanswered(context, event.key),
  },
  actions: {
    // what it remembers
    configure: assign(({ event }) => {
      if (event.type !== 'charger.configured') return {};
      const { graceMs, answerBudgetMs, managed, mirrorCloseAfterMs } = event;
      return { graceMs, answerBudgetMs, managed, mirrorCloseAfterMs };
    }),
    rememberSocket: assign((_, params: { socketId: string }) => ({
      socketId: params.socketId,
      everSeen: true,
    })),
    forgetSocket: assign({ socketId: null, missingStatuses: [] }),
    expectStatuses: assign((_, params: { connectors: number[] }) => ({
      missingStatuses: params.connectors,
    })),
    noteStatus: assign(({ context }, params: { connector: number }) => ({
      missingStatuses: context.missingStatuses.filter((connector) => connector !== params.connector),
    })),
    rememberAnswer: assign(({ context }, params: { answer: AwaitedAnswer }) => ({
      awaited: rules.withAnswer(context, params.answer),
    })),
    rememberAsker: assign(({ context }, params: { key: string; socketId: string; messageId: string }) => ({
      awaited: rules.withNewestAsker(context, params),
    })),
    markOverdue: assign(({ context }, params: AnswerKey) => ({
      awaited: rules.withOverdue(context, params.key),
    })),
    forgetAnswer: assign(({ context }, params: AnswerKey) => ({
      awaited: rules.withoutAnswer(context, params.key),
    })),
    rememberCommand: assign(({ context }, params: { command: ForwardedCommand }) => ({
      commands: rules.withCommand(context, params.command),
    })),
    forgetCommand: assign(({ context }, params: AnswerKey) => ({
      commands: rules.withoutCommand(context, params.key),
    })),
    forgetAnswers: assign({ awaited: [] }),
    forgetCommands: assign({ commands: [] }),

    // deadlines
    armAnswerDeadline: enqueueActions<
      ChargerContext,
      ChargerEvent,
      { key: string; delayMs: number },
      ChargerEvent,
      never,
      never,
      never
    >(({ enqueue }, params) => {
      // One deadline per awaited answer: only here may a raise have an id that is not fixed.
      const deadline = { id: `answer:${params.key}`, delay: params.delayMs };
      enqueue.raise({ type: 'answer.overdue', key: params.key }, deadline);
    }),
    disarmAnswerDeadline: cancel<ChargerContext, ChargerEvent, AnswerKey, ChargerEvent>(
      (_, params) => `answer:${params.key}`,
    ),
    disarmAnswerDeadlines: enqueueActions<
      ChargerContext,
      ChargerEvent,
      undefined,
      ChargerEvent,
      never,
      never,
      never
    >(({ context, enqueue }) => {
      for (const answer of context.awaited) enqueue.cancel(`answer:${answer.key}`);
    }),
    armCapChange: raise<ChargerContext, ChargerEvent, ChargerEvent, { delayMs: number }>(
      { type: 'caps.due' },
      { id: 'caps', delay: (_, params) => params.delayMs },
    ),
    disarmCapChange: cancel('caps'),
    armDeferrals: raise<ChargerContext, ChargerEvent, ChargerEvent, { delayMs: number }>(
      { type: 'deferrals.due' },
      { id: 'deferrals', delay: (_, params) => params.delayMs },
    ),
    disarmDeferrals: cancel('deferrals'),

    // what it wants done
    announceMode: effect<{ mode: Mode; cause: ModeCause }>(),
    announceBackend: effect<{ mode: Mode }>(),
    askBoot: effect(),
    askStatuses: effect<{ connectors: number[] }>(),
    /** Nobody more can wait: local policy answers at once. */
    answerLocally: effect<{ answer: AwaitedAnswer }>(),
    /** The CPMS took too long (none when it was answered meanwhile). */
    answerOverdue: effect<{ answers: AwaitedAnswer[] }>(),
    sendCommand: effect<{ command: ForwardedCommand; raw: string }>(),
    refuseCommand: effect<{ command: ForwardedCommand }>(),
    /** Nobody waits for these any more: the socket on which the charger asked is gone. */
    reportDroppedAnswers: effect<{ answers: AwaitedAnswer[] }>(),
    reportUnknownOutcomes: effect<{ commands: ForwardedCommand[] }>(),
    renewCaps: effect(),
    runDeferred: effect(),
    closeOut: effect(),
    announceLetIn: effect(),
    /** Named ignores. */
    ignoreOlderSocket: effect(),
    ignoreAnswered: effect(),
  },
  delays: {
    grace: ({ context }) => context.graceMs,
    bootWait: 3_000,
    statusWait: 2_000,
    resyncBound: 10_000,
    mirrorClose: ({ context }) => context.mirrorCloseAfterMs ?? 0,
  },
});
