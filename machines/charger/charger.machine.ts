import { outageRegion } from './charger.outage.ts';
import { chargerSetup } from './charger.setup.ts';

/**
 * One charger as the site sees it. Four regions tell its story side by side: `mode` (is it there and reconciled),
 * `boot` (what its registration came to), `backend` (what its upstream link last said) and `outage` (may it come in
 * while the CPMS is away). Who waits for an answer, and which commands are out, is kept in the context.
 */
export const chargerMachine = chargerSetup.createMachine({
  id: 'charger',
  description: 'One charger: is it there, has it booted, is its backend there, and who waits for an answer.',
  context: ({ input }) => ({
    charger: input.charger,
    graceMs: 120_000,
    answerBudgetMs: 10_000,
    managed: false,
    mirrorCloseAfterMs: null,
    socketId: null,
    everSeen: false,
    missingStatuses: [],
    awaited: [],
    commands: [],
  }),
  type: 'parallel',
  on: {
    'answer.awaited': [
      {
        guard: 'hasRoomForAnswer',
        actions: [
          { type: 'rememberAnswer', params: ({ event }) => ({ answer: event.answer }) },
          {
            type: 'armAnswerDeadline',
            params: ({ event }) => ({ key: event.answer.key, delayMs: event.delayMs }),
          },
        ],
      },
      {
        actions: {
          type: 'answerLocally',
          params: ({ event }) => ({ answer: event.answer }),
        },
      },
    ],
    'answer.repeated': {
      actions: {
        type: 'rememberAsker',
        params: ({ event: { key, socketId, messageId } }) => ({ key, socketId, messageId }),
      },
    },
    'answer.settled': {
      actions: [
        { type: 'disarmAnswerDeadline', params: ({ event }) => ({ key: event.key }) },
        { type: 'forgetAnswer', params: ({ event }) => ({ key: event.key }) },
      ],
    },
    'answer.overdue': [
      {
        guard: 'isUnanswered',
        actions: [
          {
            type: 'answerOverdue',
            params: ({ context, event }) => ({
              answers: context.awaited.filter((answer) => answer.key === event.key),
            }),
          },
          { type: 'markOverdue', params: ({ event }) => ({ key: event.key }) },
        ],
      },
      { actions: 'ignoreAnswered' },
    ],
    'command.forwarded': [
      {
        guard: 'hasRoomForCommand',
        actions: [
          { type: 'rememberCommand', params: ({ event }) => ({ command: event.command }) },
          {
            type: 'sendCommand',
            params: ({ event }) => ({ command: event.command, raw: event.raw }),
          },
        ],
      },
      { actions: { type: 'refuseCommand', params: ({ event }) => ({ command: event.command }) } },
    ],
    'command.settled': {
      actions: { type: 'forgetCommand', params: ({ event }) => ({ key: event.key }) },
    },
    'caps.scheduled': {
      actions: [
        'disarmCapChange',
        { type: 'armCapChange', params: ({ event }) => ({ delayMs: event.delayMs }) },
      ],
    },
    'caps.due': { actions: 'renewCaps' },
    'deferrals.scheduled': {
      actions: [
        'disarmDeferrals',
        { type: 'armDeferrals', params: ({ event }) => ({ delayMs: event.delayMs }) },
      ],
    },
    'deferrals.ended': { actions: 'disarmDeferrals' },
    'deferrals.due': { actions: 'runDeferred' },
  },
  states: {
    mode: {
      description: 'Is the charger there, and is what we believe about it confirmed?',
      initial: 'offline',
      on: {
        'socket.opened': {
          target: '.resync',
          description:
            'It dialled in. A newcomer takes the place of an older socket, whose late end means nothing.',
          actions: [
            'disarmAnswerDeadlines',
            { type: 'reportDroppedAnswers', params: ({ context }) => ({ answers: context.awaited }) },
            'forgetAnswers',
            { type: 'rememberSocket', params: ({ event }) => ({ socketId: event.socketId }) },
            { type: 'expectStatuses', params: ({ event }) => ({ connectors: event.connectors }) },
            { type: 'announceMode', params: { mode: 'resync', cause: 'socketOpened' } },
          ],
        },
        'socket.closed': [
          {
            guard: 'isCurrentSocket',
            target: '.offline.lost',
            actions: [
              'disarmAnswerDeadlines',
              { type: 'reportDroppedAnswers', params: ({ context }) => ({ answers: context.awaited }) },
              'forgetAnswers',
              'forgetSocket',
              { type: 'announceMode', params: { mode: 'offline', cause: 'socketClosed' } },
            ],
          },
          { actions: 'ignoreOlderSocket' },
        ],
        'charger.configured': [
          {
            guard: 'wasEverSeen',
            target: '.offline.lost',
            description: 'The process was started anew: every socket, and whoever waited on one, is gone.',
            actions: [
              'configure',
              'disarmAnswerDeadlines',
              { type: 'reportDroppedAnswers', params: ({ context }) => ({ answers: context.awaited }) },
              'forgetAnswers',
              'forgetSocket',
              {
                type: 'reportUnknownOutcomes',
                params: ({ context }) => ({ commands: context.commands }),
              },
              'forgetCommands',
              { type: 'announceMode', params: { mode: 'offline', cause: 'processRestarted' } },
            ],
          },
          {
            target: '.offline.neverSeen',
            actions: [
              'configure',
              { type: 'announceMode', params: { mode: 'offline', cause: 'processRestarted' } },
            ],
          },
        ],
      },
      states: {
        offline: {
          description: 'No socket. What it draws is counted at the worst it may be, until the grace is over.',
          initial: 'neverSeen',
          after: {
            grace: {
              target: 'fallback',
              actions: { type: 'announceMode', params: { mode: 'fallback', cause: 'graceOver' } },
            },
          },
          states: {
            neverSeen: { description: 'Expected by the site file, but it has not dialled in so far.' },
            lost: { description: 'It was here: its socket closed, or this process was started anew.' },
          },
        },
        fallback: {
          description:
            'Away for longer than the grace: its capacity stays reserved at its own fallback limit.',
        },
        resync: {
          description: 'Back: boot, statuses and open transactions are made sure of before anything else.',
          initial: 'awaitingBoot',
          after: {
            resyncBound: {
              target: 'online',
              description:
                'Some chargers never answer what they are asked here; they are served all the same.',
              actions: { type: 'announceMode', params: { mode: 'online', cause: 'resyncTimedOut' } },
            },
          },
          states: {
            awaitingBoot: {
              description: 'A charger that was restarted sends BootNotification by itself.',
              on: {
                'boot.answered': {
                  guard: { type: 'bootIs', params: { status: 'Accepted' } },
                  target: 'awaitingStatuses',
                },
              },
              after: { bootWait: { target: 'bootAsked', actions: 'askBoot' } },
            },
            bootAsked: {
              description: 'It did not: many do not boot when only the network was away, so we ask for one.',
              on: {
                'boot.answered': {
                  guard: { type: 'bootIs', params: { status: 'Accepted' } },
                  target: 'awaitingStatuses',
                },
                'boot.refused': {
                  target: 'awaitingStatuses',
                  description: 'It cannot be asked for one; what is known from before must do.',
                },
              },
            },
            awaitingStatuses: {
              description: 'Chargers tell the status of each connector after a boot.',
              always: {
                guard: 'allStatusesKnown',
                target: '#charger.mode.online',
                actions: { type: 'announceMode', params: { mode: 'online', cause: 'statusesKnown' } },
              },
              after: {
                statusWait: {
                  target: 'statusesAsked',
                  actions: {
                    type: 'askStatuses',
                    params: ({ context }) => ({ connectors: context.missingStatuses }),
                  },
                },
              },
            },
            statusesAsked: {
              description: 'Some were not told: they were asked for, one TriggerMessage each.',
              always: {
                guard: 'allStatusesKnown',
                target: '#charger.mode.online',
                actions: { type: 'announceMode', params: { mode: 'online', cause: 'statusesKnown' } },
              },
            },
          },
          on: {
            'status.reported': {
              actions: { type: 'noteStatus', params: ({ event }) => ({ connector: event.connector }) },
            },
          },
        },
        online: {
          description: 'Socket alive, registered as far as it can be, statuses known.',
          on: {
            'boot.answered': {
              guard: { type: 'bootIs', params: { status: 'Accepted' } },
              target: 'resync.awaitingStatuses',
              description: 'It restarted without losing its socket: its limits and statuses may be lost.',
              actions: [
                { type: 'expectStatuses', params: ({ event }) => ({ connectors: event.connectors }) },
                { type: 'announceMode', params: { mode: 'resync', cause: 'rebooted' } },
              ],
            },
          },
        },
      },
    },
    boot: {
      description: 'What the last BootNotification of the charger was answered.',
      initial: 'unknown',
      on: {
        'boot.answered': [
          {
            guard: { type: 'bootIs', params: { status: 'Accepted' } },
            target: '.accepted',
          },
          {
            guard: { type: 'bootIs', params: { status: 'Pending' } },
            target: '.pending',
          },
          { target: '.rejected' },
        ],
      },
      states: {
        unknown: { description: 'No BootNotification was seen so far.' },
        pending: {
          description: 'The CPMS wants to set it up first; it is to boot again after the interval.',
        },
        accepted: { description: 'Registered, by the CPMS or in its absence by this site.' },
        rejected: { description: 'The CPMS does not want it; it is to boot again after the interval.' },
      },
    },
    backend: {
      description: 'What the upstream link of this charger last said about itself.',
      initial: 'offline',
      on: {
        'backend.changed': [
          {
            guard: { type: 'backendIs', params: { mode: 'online' } },
            target: '.online',
            actions: { type: 'announceBackend', params: { mode: 'online' } },
          },
          {
            guard: { type: 'backendIs', params: { mode: 'resync' } },
            target: '.resync',
            actions: { type: 'announceBackend', params: { mode: 'resync' } },
          },
          {
            guard: { type: 'backendIs', params: { mode: 'fallback' } },
            target: '.fallback',
            actions: { type: 'announceBackend', params: { mode: 'fallback' } },
          },
          { target: '.offline', actions: { type: 'announceBackend', params: { mode: 'offline' } } },
        ],
      },
      states: {
        offline: { description: 'The CPMS is away: local policy answers, what is due upstream is queued.' },
        fallback: {
          description: 'The CPMS is away for long: local authority, as announced to the sessions.',
        },
        resync: {
          description: 'The CPMS is back and is told first what it missed; local policy still answers.',
        },
        online: { description: "The CPMS's answers count; local policy steps in only when one is overdue." },
      },
    },
    outage: outageRegion,
  },
});
