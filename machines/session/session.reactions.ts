import type { Mode } from '../shared/mode.ts';
import type {
  Bound,
  Note,
  SessionContext,
  SessionEvent,
  SessionOutcome,
  StopCause,
} from './session.messages.ts';
import {
  durationCause,
  energyCause,
  type Refusal,
  refusalCause,
  refusedBound,
  unreadCause,
} from './session.rules.ts';

/** The guards and actions of the session's chart, with what each takes from the event; the chart puts them in their places. */

type Of<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;
type With<T extends SessionEvent['type']> = { event: Of<T> };
type In = { context: SessionContext };

export const note = (code: string) =>
  ({ type: 'record', params: { code, params: {} } satisfies Note }) as const;

export const opened = {
  type: 'record',
  params: ({ context }: { context: SessionContext }): Note => ({
    code: 'session.opened',
    params: { authorisedBy: context.authorisedBy, backend: context.backend },
  }),
} as const;

/** Modes at birth are known, not changed: nothing to record. */
export const startsIn = (mode: Mode) =>
  ({
    guard: {
      type: 'isMode',
      params: ({ context }: { context: SessionContext }) => ({ actual: context.backend, wanted: mode }),
    },
    target: mode,
  }) as const;

export const noteBackend = {
  type: 'noteBackend',
  params: ({ event }: With<'session.backendChanged'>) => ({ mode: event.mode }),
} as const;

const backendIs = (mode: Mode) =>
  ({
    type: 'isMode',
    params: ({ event }: With<'session.backendChanged'>) => ({ actual: event.mode, wanted: mode }),
  }) as const;

export const backendBecame = (mode: Mode) =>
  ({ guard: backendIs(mode), target: mode, actions: [noteBackend, note(`session.${mode}`)] }) as const;

export const noteCharger = {
  type: 'noteCharger',
  params: ({ event }: With<'session.chargerChanged'>) => ({ mode: event.mode }),
} as const;

export const recordCharger = {
  type: 'record',
  params: ({ event }: With<'session.chargerChanged'>): Note => ({
    code: 'session.chargerChanged',
    params: { mode: event.mode },
  }),
} as const;

export const chargerIsBack = {
  type: 'isMode',
  params: ({ event }: With<'session.chargerChanged'>) => ({ actual: event.mode, wanted: 'online' as const }),
} as const;

const status = ({ event }: With<'session.startAnswered'>) => ({ status: event.status });
export const accepted = { type: 'isAccepted', params: status } as const;
export const refused = { type: 'isRefused', params: status } as const;

export const takeVerdict = [
  {
    type: 'noteVerdict',
    params: ({ event }: With<'session.startAnswered'>) => ({
      status: event.status,
      cpmsTransactionId: event.cpmsTransactionId,
    }),
  },
  {
    type: 'record',
    params: ({ event }: With<'session.startAnswered'>): Note => ({
      code: 'session.verdict',
      params: { status: event.status, cpmsTransactionId: event.cpmsTransactionId },
    }),
  },
] as const;

export const takeSample = {
  type: 'noteSample',
  params: ({ event }: With<'session.metered'>) => ({
    at: event.at,
    energyWh: event.energyWh,
    currentMilliamps: event.currentMilliamps,
  }),
} as const;

export const backwards = {
  guard: {
    type: 'runsBackwards',
    params: ({ event }: With<'session.metered'>) => ({ energyWh: event.energyWh }),
  },
  actions: [
    {
      type: 'record',
      params: ({ context, event }: { context: SessionContext } & With<'session.metered'>): Note => ({
        code: 'session.registerBackwards',
        params: { registerWh: context.registerWh, readingWh: event.energyWh },
      }),
    },
    takeSample,
  ],
} as const;

const reading = ({ event }: With<'session.metered'>) => ({ energyWh: event.energyWh });
export const reachesBound = { type: 'reachesBound', params: reading } as const;
export const readsOn = { type: 'readsOn', params: reading } as const;

export const boundsTime = {
  type: 'boundsTime',
  params: ({ event }: With<'session.capped'>) => ({ dueAt: event.dueAt }),
} as const;

export const takeCap = [
  {
    type: 'noteBound',
    params: ({ event: { tokenClass, maxEnergyWh, dueAt } }: With<'session.capped'>): Bound => ({
      cause: tokenClass,
      maxEnergyWh,
      dueAt,
    }),
  },
  {
    type: 'record',
    params: ({ event: { tokenClass, maxEnergyWh, dueAt } }: With<'session.capped'>): Note => ({
      code: 'session.capped',
      params: { tokenClass, maxEnergyWh, dueAt },
    }),
  },
] as const;

const refusal = ({ event }: With<'session.startAnswered'>): Refusal => ({
  status: event.status,
  maxEnergyWh: event.maxEnergyWh,
});
export const mayDrawOn = { type: 'mayDrawOn', params: refusal } as const;
export const liftsBound = { type: 'liftsBound', params: status } as const;

/** Refused, and to be stopped at once. */
export const takeRefusal = [
  ...takeVerdict,
  {
    type: 'noteStopCause',
    params: ({ context, event }: In & With<'session.startAnswered'>): StopCause =>
      refusalCause(context, refusal({ event })),
  },
] as const;

/** Refused, and yet allowed some energy. */
export const takeLimit = [
  ...takeVerdict,
  {
    type: 'noteBound',
    params: ({ context, event }: In & With<'session.startAnswered'>): Bound =>
      refusedBound(context, event.maxEnergyWh!),
  },
  {
    type: 'record',
    params: ({ context, event }: In & With<'session.startAnswered'>): Note => ({
      code: 'session.energyLimited',
      params: {
        status: event.status,
        energyWh: context.energyWh,
        maxEnergyWh: context.bound?.maxEnergyWh ?? null,
      },
    }),
  },
] as const;

/** The CPMS took the card: from here on the session is its own risk. */
export const liftBound = [
  ...takeVerdict,
  {
    type: 'record',
    params: ({ context }: In): Note => ({
      code: 'session.capLifted',
      params: { cause: context.bound?.cause ?? null, energyWh: context.energyWh },
    }),
  },
  'clearBound',
] as const;

const stopFor = (causeOf: (context: SessionContext) => StopCause) =>
  [
    { type: 'noteStopCause', params: ({ context }: In): StopCause => causeOf(context) },
    {
      type: 'record',
      params: ({ context }: In): Note => {
        const { code, params } = causeOf(context);
        return { code, params };
      },
    },
  ] as const;

export const stopForEnergy = [takeSample, ...stopFor(energyCause)] as const;
export const stopForTime = stopFor(durationCause);
export const stopForUnread = stopFor(unreadCause);

const takeStop = [
  {
    type: 'noteStop',
    params: ({ event }: With<'session.stopped'>) => ({
      at: event.at,
      meterStopWh: event.meterStopWh,
      reason: event.reason,
    }),
  },
  {
    type: 'record',
    params: ({ context, event }: { context: SessionContext } & With<'session.stopped'>): Note => ({
      code: 'session.stopped',
      params: {
        reason: event.reason,
        energyWh: context.energyWh,
        meterStopWh: event.meterStopWh,
        registerFaults: context.registerFaults,
      },
    }),
  },
] as const;

const aborts = {
  target: '#session.aborted',
  actions: [
    {
      type: 'record',
      params: ({ event }: With<'session.aborted'>): Note => ({
        code: 'session.aborted',
        params: { reason: event.reason },
      }),
    },
    { type: 'noteOutcome', params: { outcome: 'aborted' } },
  ],
} as const;

/** The two ways in which the charger ends a session that still runs. */
export const ended = {
  'session.stopped': { target: '#session.active.life.stopped', actions: takeStop },
  'session.aborted': aborts,
} as const;

export const failureAbout = (wanted: 'start' | 'stop') =>
  ({
    type: 'isAbout',
    params: ({ event }: With<'session.deliveryFailed'>) => ({ actual: event.what, wanted }),
  }) as const;

export const recordFailure = {
  type: 'record',
  params: ({ event }: With<'session.deliveryFailed'>): Note => ({
    code: 'session.deliveryFailed',
    params: { what: event.what, error: event.error },
  }),
} as const;

export const ends = (outcome: SessionOutcome) => ({ type: 'noteOutcome', params: { outcome } }) as const;

export const reportEnded = {
  type: 'reportEnded',
  params: ({ context }: { context: SessionContext }) => ({
    outcome: context.outcome ?? ('aborted' as const),
  }),
} as const;
