import { assign, setup } from 'xstate';
import { effect } from '../shared/effect.ts';
import type { Mode } from '../shared/mode.ts';
import type {
  ConnectorContext,
  ConnectorEvent,
  ConnectorInput,
  ReportedStatus,
} from './connector.messages.ts';
import { initialContext, isSameStatus, withReport } from './connector.rules.ts';

type Of<T extends ConnectorEvent['type']> = Extract<ConnectorEvent, { type: T }>;

const connectorSetup = setup({
  types: {
    context: {} as ConnectorContext,
    events: {} as ConnectorEvent,
    input: {} as ConnectorInput,
  },
  guards: {
    isMode: (_, params: { actual: Mode; wanted: Mode }) => params.actual === params.wanted,
    isSameStatus: ({ context }, params: ReportedStatus) => isSameStatus(context, params),
    isStatus: (_, params: { actual: string; wanted: string }) => params.actual === params.wanted,
  },
  actions: {
    noteReport: assign(({ context }, params: ReportedStatus & { at: number }) => {
      const { at, ...reported } = params;
      return withReport(context, reported, at);
    }),
    noteSession: assign((_, params: { session: string | null }) => params),
    recordMode: effect<{ mode: Mode }>(),
    recordStatus: effect<{ from: string; to: string; errorCode: string }>(),
  },
});

const linkBecame = (mode: Mode) =>
  ({
    guard: {
      type: 'isMode',
      params: ({ event }: { event: Of<'connector.linkChanged'> }) => ({ actual: event.mode, wanted: mode }),
    },
    target: mode,
    actions: { type: 'recordMode', params: { mode } },
  }) as const;

/** The process started anew, so the charger's socket is gone. */
const restarted = {
  target: 'offline',
  actions: { type: 'recordMode', params: { mode: 'offline' } },
} as const;

const noteReport = {
  type: 'noteReport',
  params: ({ event }: { event: Of<'connector.statusReported'> }) => ({
    status: event.status,
    errorCode: event.errorCode,
    info: event.info,
    at: event.at,
  }),
} as const;

const reportedChange = [
  {
    type: 'recordStatus',
    params: ({ context, event }: { context: ConnectorContext; event: Of<'connector.statusReported'> }) => ({
      from: context.status,
      to: event.status,
      errorCode: event.errorCode,
    }),
  },
  noteReport,
] as const;

const reported = <T extends string>(status: string, target: T) =>
  ({
    guard: {
      type: 'isStatus',
      params: ({ event }: { event: Of<'connector.statusReported'> }) => ({
        actual: event.status,
        wanted: status,
      }),
    },
    target,
    actions: reportedChange,
  }) as const;

const unchanged = {
  guard: {
    type: 'isSameStatus',
    params: ({ event }: { event: Of<'connector.statusReported'> }) => event,
  },
  actions: noteReport,
} as const;

/** One connector of a charger: `connector/<charger>/<n>`. Status names as in OCPP 1.6, StatusNotification. */
export const connectorMachine = connectorSetup.createMachine({
  id: 'connector',
  description: 'One connector: what the charger last said about it, and whether that can still be believed.',
  context: ({ input }) => initialContext(input),
  type: 'parallel',
  on: {
    'connector.sessionChanged': {
      actions: { type: 'noteSession', params: ({ event }) => ({ session: event.session }) },
    },
  },
  states: {
    mode: {
      description: 'Can what is known be believed? Follows the charger.',
      initial: 'offline',
      states: {
        offline: {
          description: 'The charger is not connected: the last status is shown as unknown, with its age.',
          on: {
            'connector.linkChanged': [linkBecame('fallback'), linkBecame('resync'), linkBecame('online')],
          },
        },
        fallback: {
          description:
            'Away for too long: it counts as drawing its reserve, and commands are refused with that reason.',
          on: {
            'connector.linkChanged': [linkBecame('offline'), linkBecame('resync'), linkBecame('online')],
            'connector.configured': restarted,
          },
        },
        resync: {
          description:
            'The charger is back: it is asked for its status again, and what changed meanwhile is recorded.',
          on: {
            'connector.linkChanged': [linkBecame('offline'), linkBecame('fallback'), linkBecame('online')],
            'connector.configured': restarted,
          },
        },
        online: {
          description: 'The status is live.',
          on: {
            'connector.linkChanged': [linkBecame('offline'), linkBecame('fallback'), linkBecame('resync')],
            'connector.configured': restarted,
          },
        },
      },
    },
    status: {
      description: 'What the charger last reported.',
      initial: 'unknown',
      on: {
        'connector.statusReported': [
          unchanged,
          reported('Available', '.available'),
          reported('Preparing', '.occupied.preparing'),
          reported('Charging', '.occupied.charging'),
          reported('SuspendedEV', '.occupied.suspendedEv'),
          reported('SuspendedEVSE', '.occupied.suspendedEvse'),
          reported('Finishing', '.occupied.finishing'),
          reported('Reserved', '.reserved'),
          reported('Unavailable', '.unavailable'),
          reported('Faulted', '.faulted'),
          { target: '.unknown', actions: reportedChange },
        ],
      },
      states: {
        unknown: {
          description: 'Nothing was reported yet, or a word that OCPP does not know; the word is kept.',
        },
        available: { description: 'Free for the next driver.' },
        occupied: {
          description: 'A vehicle is here.',
          initial: 'preparing',
          states: {
            preparing: { description: 'Plugged in or authorised, not both yet; or waiting for the vehicle.' },
            charging: { description: 'Energy flows.' },
            suspendedEv: { description: 'The vehicle takes no energy: full, or paused by the driver.' },
            suspendedEvse: {
              description: 'The charger offers no energy: paused by a limit, or not authorised.',
            },
            finishing: { description: 'The transaction is over; the cable is still in.' },
          },
        },
        reserved: { description: 'Kept for one driver.' },
        unavailable: { description: 'Out of service by command, or it belongs to a charger that is.' },
        faulted: { description: 'The charger reports an error; its code and text are kept.' },
      },
    },
  },
});
