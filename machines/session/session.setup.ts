import { assign, setup } from 'xstate';
import { effect } from '../shared/effect.ts';
import type { Mode } from '../shared/mode.ts';
import type { Note, SessionContext, SessionEvent, SessionOutcome, SessionStart } from './session.messages.ts';
import {
  isAccepted,
  runsBackwards,
  type Sample,
  STOP_ASKS_MAX,
  STOP_RETRY_MS,
  type Stop,
  VERDICT_PATIENCE_MS,
  withSample,
  withStop,
} from './session.rules.ts';

/** Vocabulary of the session's chart. Its effects are carried out by actors/session-actor.ts. */
export const sessionSetup = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionStart,
  },
  guards: {
    isMode: (_, params: { actual: Mode; wanted: Mode }) => params.actual === params.wanted,
    isAccepted: (_, params: { status: string }) => isAccepted(params.status),
    isRefused: (_, params: { status: string }) => !isAccepted(params.status),
    backendIsAway: ({ context }) => context.backend !== 'online',
    runsBackwards: ({ context }, params: { energyWh: number | null }) =>
      runsBackwards(context, params.energyWh),
    mayAskAgain: ({ context }) => context.stopAsks < STOP_ASKS_MAX,
    isAbout: (_, params: { actual: 'start' | 'stop'; wanted: 'start' | 'stop' }) =>
      params.actual === params.wanted,
  },
  delays: {
    verdictPatience: VERDICT_PATIENCE_MS,
    stopRetry: STOP_RETRY_MS,
    fallbackAfter: ({ context }) => context.fallbackAfterMs,
  },
  actions: {
    noteBackend: assign((_, params: { mode: Mode }) => ({ backend: params.mode })),
    noteCharger: assign((_, params: { mode: Mode }) => ({ chargerMode: params.mode })),
    noteVerdict: assign((_, params: { status: string; cpmsTransactionId: number }) => ({
      verdict: params.status,
      cpmsTransactionId: params.cpmsTransactionId,
    })),
    noteSample: assign(({ context }, params: Sample) => withSample(context, params)),
    noteStop: assign(({ context }, params: Stop) => withStop(context, params)),
    noteOutcome: assign((_, params: { outcome: SessionOutcome }) => params),
    countAsk: assign(({ context }) => ({ stopAsks: context.stopAsks + 1 })),
    forgetAsks: assign({ stopAsks: 0 }),

    record: effect<Note>(),
    requestStop: effect<{ reason: string }>(),
    reportEnded: effect<{ outcome: SessionOutcome }>(),
    ignoreLateSample: effect(),
    ignoreRepeatedStop: effect(),
    ignoreLateAbort: effect(),
  },
});
