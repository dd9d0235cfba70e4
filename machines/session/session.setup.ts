import { assign, setup } from 'xstate';
import { effect } from '../shared/effect.ts';
import type { Mode } from '../shared/mode.ts';
import type {
  Bound,
  Note,
  SessionContext,
  SessionEvent,
  SessionOutcome,
  SessionStart,
  StopCause,
} from './session.messages.ts';
import {
  isAccepted,
  liftsBound,
  mayDrawOn,
  type Refusal,
  reachesBound,
  readsOn,
  runsBackwards,
  type Sample,
  STOP_ASKS_MAX,
  STOP_RETRY_MS,
  type Stop,
  UNREAD_PATIENCE_MS,
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
    boundsTime: (_, params: { dueAt: number | null }) => params.dueAt !== null,
    reachesBound: ({ context }, params: { energyWh: number | null }) =>
      reachesBound(context, params.energyWh),
    readsOn: ({ context }, params: { energyWh: number | null }) => readsOn(context, params.energyWh),
    mayDrawOn: ({ context }, params: Refusal) => mayDrawOn(context, params),
    liftsBound: ({ context }, params: { status: string }) => liftsBound(context, params.status),
    chargerIsAway: ({ context }) => context.chargerMode === 'offline' || context.chargerMode === 'fallback',
    mayAskAgain: ({ context }) => context.stopAsks < STOP_ASKS_MAX,
    isAbout: (_, params: { actual: 'start' | 'stop'; wanted: 'start' | 'stop' }) =>
      params.actual === params.wanted,
  },
  delays: {
    verdictPatience: VERDICT_PATIENCE_MS,
    stopRetry: STOP_RETRY_MS,
    fallbackAfter: ({ context }) => context.fallbackAfterMs,
    boundTime: ({ context, event }) => Math.max(0, (context.bound?.dueAt ?? event.at) - event.at),
    unreadPatience: UNREAD_PATIENCE_MS,
  },
  actions: {
    noteBackend: assign((_, params: { mode: Mode }) => ({ backend: params.mode })),
    noteCharger: assign((_, params: { mode: Mode }) => ({ chargerMode: params.mode })),
    noteVerdict: assign((_, params: { status: string; cpmsTransactionId: number }) => ({
      verdict: params.status,
      cpmsTransactionId: params.cpmsTransactionId,
    })),
    noteBound: assign((_, params: Bound) => ({ bound: params })),
    clearBound: assign({ bound: null }),
    noteStopCause: assign((_, params: StopCause) => ({ stopCause: params })),
    noteSample: assign(({ context }, params: Sample) => withSample(context, params)),
    noteStop: assign(({ context }, params: Stop) => withStop(context, params)),
    noteOutcome: assign((_, params: { outcome: SessionOutcome }) => params),
    countAsk: assign(({ context }) => ({ stopAsks: context.stopAsks + 1 })),
    forgetAsks: assign({ stopAsks: 0 }),

    record: effect<Note>(),
    requestStop: effect<StopCause>(),
    reportEnded: effect<{ outcome: SessionOutcome }>(),
    ignoreLateCap: effect(),
    ignoreLateSample: effect(),
    ignoreRepeatedStop: effect(),
    ignoreLateAbort: effect(),
  },
});
