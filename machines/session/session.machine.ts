import type { Mode } from '../shared/mode.ts';
import type { Note, SessionContext, SessionEvent, SessionOutcome } from './session.messages.ts';
import { initialContext } from './session.rules.ts';
import { sessionSetup } from './session.setup.ts';

type Of<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;
type With<T extends SessionEvent['type']> = { event: Of<T> };

const note = (code: string) => ({ type: 'record', params: { code, params: {} } satisfies Note }) as const;

const opened = {
  type: 'record',
  params: ({ context }: { context: SessionContext }): Note => ({
    code: 'session.opened',
    params: { authorisedBy: context.authorisedBy, backend: context.backend },
  }),
} as const;

/** Modes at birth are known, not changed: nothing to record. */
const startsIn = (mode: Mode) =>
  ({
    guard: {
      type: 'isMode',
      params: ({ context }: { context: SessionContext }) => ({ actual: context.backend, wanted: mode }),
    },
    target: mode,
  }) as const;

const noteBackend = {
  type: 'noteBackend',
  params: ({ event }: With<'session.backendChanged'>) => ({ mode: event.mode }),
} as const;

const backendIs = (mode: Mode) =>
  ({
    type: 'isMode',
    params: ({ event }: With<'session.backendChanged'>) => ({ actual: event.mode, wanted: mode }),
  }) as const;

const backendBecame = (mode: Mode) =>
  ({ guard: backendIs(mode), target: mode, actions: [noteBackend, note(`session.${mode}`)] }) as const;

const noteCharger = {
  type: 'noteCharger',
  params: ({ event }: With<'session.chargerChanged'>) => ({ mode: event.mode }),
} as const;

const recordCharger = {
  type: 'record',
  params: ({ event }: With<'session.chargerChanged'>): Note => ({
    code: 'session.chargerChanged',
    params: { mode: event.mode },
  }),
} as const;

const chargerIsBack = {
  type: 'isMode',
  params: ({ event }: With<'session.chargerChanged'>) => ({ actual: event.mode, wanted: 'online' as const }),
} as const;

const status = ({ event }: With<'session.startAnswered'>) => ({ status: event.status });
const accepted = { type: 'isAccepted', params: status } as const;
const refused = { type: 'isRefused', params: status } as const;

const takeVerdict = [
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

const takeSample = {
  type: 'noteSample',
  params: ({ event }: With<'session.metered'>) => ({
    at: event.at,
    energyWh: event.energyWh,
    currentMilliamps: event.currentMilliamps,
  }),
} as const;

const backwards = {
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

const failureAbout = (wanted: 'start' | 'stop') =>
  ({
    type: 'isAbout',
    params: ({ event }: With<'session.deliveryFailed'>) => ({ actual: event.what, wanted }),
  }) as const;

const recordFailure = {
  type: 'record',
  params: ({ event }: With<'session.deliveryFailed'>): Note => ({
    code: 'session.deliveryFailed',
    params: { what: event.what, error: event.error },
  }),
} as const;

const ends = (outcome: SessionOutcome) => ({ type: 'noteOutcome', params: { outcome } }) as const;

const reportEnded = {
  type: 'reportEnded',
  params: ({ context }: { context: SessionContext }) => ({
    outcome: context.outcome ?? ('aborted' as const),
  }),
} as const;

/** One transaction, from its start to the CPMS's word on its stop: `session/<uuid>`. */
export const sessionMachine = sessionSetup.createMachine({
  id: 'session',
  description: 'One charging session: how far it has come, and on whose authority it runs.',
  context: ({ input }) => initialContext(input),
  initial: 'active',
  states: {
    active: {
      description: 'The session still has something to send or to wait for.',
      type: 'parallel',
      states: {
        life: {
          description: 'From the accepted start to the stop.',
          initial: 'starting',
          on: {
            'session.opened': { actions: opened },
            'session.metered': [backwards, { actions: takeSample }],
            'session.startAnswered': { actions: takeVerdict },
            'session.chargerChanged': { actions: [noteCharger, recordCharger] },
            'session.deliveryFailed': { guard: failureAbout('start'), actions: recordFailure },
            'session.stopped': { target: '.stopped', actions: takeStop },
            'session.aborted': {
              target: '#session.aborted',
              actions: [
                {
                  type: 'record',
                  params: ({ event }): Note => ({
                    code: 'session.aborted',
                    params: { reason: event.reason },
                  }),
                },
                ends('aborted'),
              ],
            },
          },
          states: {
            starting: {
              description: "Accepted and numbered; the CPMS's verdict on the start is awaited.",
              always: { guard: 'backendIsAway', target: 'running', actions: note('session.runsLocally') },
              on: {
                'session.startAnswered': [
                  { guard: accepted, target: 'running', actions: takeVerdict },
                  { guard: refused, target: 'stopping', actions: takeVerdict },
                ],
              },
              after: { verdictPatience: { target: 'running', actions: note('session.verdictLate') } },
            },
            running: {
              description: "Charging on the CPMS's word, or on the local one until that comes.",
              on: {
                'session.startAnswered': [
                  { guard: refused, target: 'stopping', actions: takeVerdict },
                  { actions: takeVerdict },
                ],
              },
            },
            stopping: {
              description: 'The CPMS refused the driver: the transaction is to end.',
              initial: 'asking',
              states: {
                asking: {
                  description: 'The charger was asked to stop; it is asked again every 30 s.',
                  entry: [
                    'countAsk',
                    {
                      type: 'requestStop',
                      params: ({ context }) => ({ reason: context.verdict ?? 'Invalid' }),
                    },
                  ],
                  after: {
                    stopRetry: [
                      { guard: 'mayAskAgain', target: 'asking', reenter: true },
                      { target: 'unheard', actions: note('session.stopUnheard') },
                    ],
                  },
                },
                unheard: {
                  description: 'Asked ten times in vain. The charger is asked anew when it comes back.',
                  on: {
                    'session.chargerChanged': [
                      {
                        guard: chargerIsBack,
                        target: 'asking',
                        actions: ['forgetAsks', noteCharger, recordCharger],
                      },
                      { actions: [noteCharger, recordCharger] },
                    ],
                  },
                },
              },
            },
            stopped: {
              description: 'The charger has ended the transaction; its Stop is on the way to the CPMS.',
              on: {
                'session.stopAnswered': { target: '#session.settled', actions: ends('completed') },
                'session.deliveryFailed': [
                  {
                    guard: failureAbout('stop'),
                    target: '#session.settled',
                    actions: [recordFailure, ends('deadLettered')],
                  },
                  { actions: recordFailure },
                ],
                'session.metered': { actions: 'ignoreLateSample' },
                'session.stopped': { actions: 'ignoreRepeatedStop' },
                'session.aborted': { actions: 'ignoreLateAbort' },
              },
            },
          },
        },
        authority: {
          description: 'On whose word decisions about this session rest.',
          initial: 'offline',
          states: {
            offline: {
              description: 'The CPMS is away: events are queued, and a running session goes on.',
              on: {
                'session.opened': [startsIn('online'), startsIn('fallback'), startsIn('resync')],
                'session.backendChanged': [
                  backendBecame('online'),
                  backendBecame('fallback'),
                  backendBecame('resync'),
                ],
              },
              after: { fallbackAfter: { target: 'fallback', actions: note('session.fallback') } },
            },
            fallback: {
              description:
                'Away for too long: local authority, within the rules of the site, until the CPMS is back.',
              on: {
                'session.backendChanged': [
                  backendBecame('online'),
                  backendBecame('resync'),
                  // A restart of the link starts its count anew; local authority ends only when the CPMS is back.
                  { actions: noteBackend },
                ],
              },
            },
            resync: {
              description: 'The CPMS is back and gets what was queued, in order; late verdicts are applied.',
              on: {
                'session.backendChanged': [
                  backendBecame('online'),
                  backendBecame('offline'),
                  backendBecame('fallback'),
                ],
              },
            },
            online: {
              description: "The CPMS's answers count.",
              on: {
                'session.backendChanged': [
                  backendBecame('offline'),
                  backendBecame('fallback'),
                  backendBecame('resync'),
                ],
              },
            },
          },
        },
      },
    },
    settled: {
      type: 'final',
      description: 'Over: the CPMS has the Stop, or it is a dead letter that an operator can send again.',
      entry: reportEnded,
    },
    aborted: {
      type: 'final',
      description: 'Over without a Stop: the charger never confirmed the start, or lost the transaction.',
      entry: reportEnded,
    },
  },
});
