import { assign, setup } from 'xstate';
import { effect } from '../shared/effect.ts';
import type { Mode } from '../shared/mode.ts';
import type {
  BackendLinkContext,
  BackendLinkEvent,
  BackendLinkInput,
  LinkSettings,
} from './backend-link.messages.ts';
import {
  backoffMs,
  DIAL_PATIENCE_MS,
  HANG_UP_PATIENCE_MS,
  initialContext,
  plannedRedial,
} from './backend-link.rules.ts';

type Of<T extends BackendLinkEvent['type']> = Extract<BackendLinkEvent, { type: T }>;

const backendLinkSetup = setup({
  types: {
    context: {} as BackendLinkContext,
    events: {} as BackendLinkEvent,
    input: {} as BackendLinkInput,
  },
  guards: {
    isCurrentSocket: ({ context }, params: { socketId: string }) => context.socketId === params.socketId,
  },
  delays: {
    fallbackAfter: ({ context }) => context.fallbackAfterMs,
    redialWait: ({ context }) => context.waitMs,
    dialPatience: DIAL_PATIENCE_MS,
    hangUpPatience: HANG_UP_PATIENCE_MS,
    pause: ({ context }) => context.pauseMs,
    parkedRest: ({ context }) => context.restMs,
    /** A connection counts as a good one when it outlasts the wait that losing it would cost. */
    provenStable: ({ context }) => backoffMs(context, context.attempts),
  },
  actions: {
    configure: assign((_, params: LinkSettings) => params),
    planRedial: assign(({ context }, params: { jitter: number }) => plannedRedial(context, params.jitter)),
    forgetFailures: assign({ attempts: 0 }),
    rememberSocket: assign((_, params: { socketId: string }) => params),
    forgetSocket: assign({ socketId: null }),
    planPause: assign((_, params: { waitMs: number }) => ({ pauseMs: params.waitMs })),
    planRest: assign((_, params: { restMs: number }) => params),
    markDown: assign((_, params: { at: number }) => ({ downSince: params.at })),
    markUp: assign({ downSince: null }),
    announceMode: effect<{ mode: Mode }>(),
    dial: effect(),
    hangUp: effect(),
    deliver: effect(),
    tryParked: effect(),
    ignoreOlderSocket: effect(),
  },
});

const configured = {
  type: 'configure',
  params: ({ event }: { event: Of<'link.configured'> }) => event.settings,
} as const;

const planRedial = {
  type: 'planRedial',
  params: ({ event }: { event: { jitter: number } }) => ({ jitter: event.jitter }),
} as const;

const markDown = {
  type: 'markDown',
  params: ({ event }: { event: { at: number } }) => ({ at: event.at }),
} as const;

const thatSocketIsOurs = {
  type: 'isCurrentSocket',
  params: ({ event }: { event: Of<'north.closed'> }) => ({ socketId: event.socketId }),
} as const;

const rememberSocket = {
  type: 'rememberSocket',
  params: ({ event }: { event: Of<'north.opened'> }) => ({ socketId: event.socketId }),
} as const;

const letRest = {
  target: 'resting',
  actions: {
    type: 'planRest',
    params: ({ event }: { event: Of<'link.parked'> }) => ({ restMs: event.restMs }),
  },
} as const;

const announce = (mode: Mode) => ({ type: 'announceMode', params: { mode } }) as const;

/** How the link goes down, wherever it stood: the same three ways out of online and resync. */
const goesDown = {
  'north.closed': { guard: thatSocketIsOurs, target: 'offline', actions: markDown },
  'link.silent': { target: 'offline', actions: markDown },
  'link.configured': { target: 'offline', actions: markDown },
} as const;

/** One upstream socket of one charger: `link/<charger>`. Modes as in DESIGN section 5. */
export const backendLinkMachine = backendLinkSetup.createMachine({
  id: 'backend-link',
  description:
    'The way from one charger to its CPMS: is it up, and does everything get there, in order, once?',
  context: ({ input }) => initialContext(input),
  type: 'parallel',
  states: {
    mode: {
      description: 'What the rest of the site is told about the CPMS.',
      initial: 'offline',
      states: {
        offline: {
          description:
            'The CPMS is away. Messages are kept in the queue; a short gap needs no more than that.',
          entry: announce('offline'),
          on: { 'north.opened': 'resync' },
          after: { fallbackAfter: 'fallback' },
        },
        fallback: {
          description:
            'Away for too long: sessions get local authority until it is back. The queue goes on filling.',
          entry: announce('fallback'),
          on: {
            'north.opened': 'resync',
            'link.configured': 'offline',
          },
        },
        resync: {
          description:
            'The socket is open. First the message in doubt, then boot, then the newest statuses, then the history, in order.',
          entry: [announce('resync'), 'markUp'],
          on: {
            ...goesDown,
            'north.opened': { target: 'resync', reenter: true },
            'link.drained': 'online',
          },
        },
        online: {
          description:
            'The queue has been empty: the CPMS knows all that the site knows, and its answers count.',
          entry: announce('online'),
          on: { ...goesDown, 'north.opened': 'resync' },
        },
      },
    },
    socket: {
      description: 'The socket itself: at most one, dialled again and again for as long as it takes.',
      initial: 'closed',
      on: {
        'link.configured': {
          target: '.closed.dialling',
          actions: [configured, 'forgetFailures'],
        },
      },
      states: {
        closed: {
          description: 'No socket.',
          initial: 'waiting',
          on: {
            'north.opened': { target: 'open', actions: rememberSocket },
            'north.closed': { actions: 'ignoreOlderSocket' },
          },
          states: {
            waiting: {
              description: 'Waits before dialling: twice as long after each failure, capped, with jitter.',
              after: { redialWait: 'dialling' },
            },
            dialling: {
              description: 'Asks for a socket.',
              entry: 'dial',
              on: { 'north.dialFailed': { target: 'waiting', actions: planRedial } },
              after: { dialPatience: 'waiting' },
            },
          },
        },
        open: {
          description: 'The socket is open. One CALL at a time is under way.',
          initial: 'sending',
          exit: 'forgetSocket',
          on: {
            'north.opened': { target: 'open', reenter: true, actions: rememberSocket },
            'north.closed': [
              { guard: thatSocketIsOurs, target: 'closed.waiting', actions: planRedial },
              { actions: 'ignoreOlderSocket' },
            ],
            'link.silent': { target: 'hangingUp', actions: [planRedial, 'hangUp'] },
          },
          after: { provenStable: { actions: 'forgetFailures' } },
          states: {
            sending: {
              description:
                'The next message leaves as soon as there is one and the final word for the last is in.',
              entry: 'deliver',
              on: {
                'link.refused': {
                  target: 'pausing',
                  actions: { type: 'planPause', params: ({ event }) => ({ waitMs: event.waitMs }) },
                },
              },
            },
            pausing: {
              description:
                'The CPMS refused a message: nothing overtakes it, so the queue rests until it may be tried again.',
              after: { pause: 'sending' },
            },
          },
        },
        hangingUp: {
          description: 'An open socket on which no answer comes is dead: it is closed from this side.',
          on: {
            'north.opened': { target: 'open', actions: rememberSocket },
            'north.closed': 'closed.waiting',
          },
          after: { hangUpPatience: 'closed.waiting' },
        },
      },
    },
    parked: {
      description:
        'Messages that alone make the CPMS hang or hang up: set aside, so that the others get through.',
      initial: 'none',
      states: {
        none: {
          description: 'Nothing is set aside.',
          on: { 'link.parked': letRest },
        },
        resting: {
          description: 'Something is set aside and is left alone for now.',
          on: {
            'link.parked': { ...letRest, reenter: true },
            'link.noneParked': 'none',
          },
          after: { parkedRest: 'due' },
        },
        due: {
          description: 'It may be tried again, once the CPMS has got all that it can take.',
          entry: 'tryParked',
          on: {
            'link.drained': { actions: 'tryParked' },
            'link.parked': letRest,
            'link.noneParked': 'none',
          },
        },
      },
    },
  },
});
