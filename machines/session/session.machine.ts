import {
  accepted,
  backendBecame,
  backwards,
  boundsTime,
  chargerIsBack,
  ended,
  ends,
  failureAbout,
  liftBound,
  liftsBound,
  mayDrawOn,
  note,
  noteBackend,
  noteCharger,
  opened,
  reachesBound,
  readsOn,
  recordCharger,
  recordFailure,
  refused,
  reportEnded,
  startsIn,
  stopForEnergy,
  stopForTime,
  stopForUnread,
  takeCap,
  takeLimit,
  takeRefusal,
  takeSample,
  takeVerdict,
} from './session.reactions.ts';
import { initialContext } from './session.rules.ts';
import { sessionSetup } from './session.setup.ts';

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
            'session.capped': { actions: 'ignoreLateCap' },
            'session.chargerChanged': { actions: [noteCharger, recordCharger] },
            'session.deliveryFailed': { guard: failureAbout('start'), actions: recordFailure },
          },
          states: {
            starting: {
              description: "Accepted and numbered; the CPMS's verdict on the start is awaited.",
              always: { guard: 'backendIsAway', target: 'running', actions: note('session.runsLocally') },
              on: {
                ...ended,
                'session.startAnswered': [
                  { guard: accepted, target: 'running', actions: takeVerdict },
                  { guard: mayDrawOn, target: 'running.metered', actions: takeLimit },
                  { target: 'stopping', actions: takeRefusal },
                ],
                'session.capped': [
                  { guard: boundsTime, target: 'running.timed', actions: takeCap },
                  { target: 'running.metered', actions: takeCap },
                ],
              },
              after: { verdictPatience: { target: 'running', actions: note('session.verdictLate') } },
            },
            running: {
              description: "Charging on the CPMS's word, or on the local one until that comes.",
              initial: 'free',
              on: {
                ...ended,
                'session.metered': { guard: reachesBound, target: 'stopping', actions: stopForEnergy },
                'session.startAnswered': [
                  { guard: liftsBound, target: '.free', actions: liftBound },
                  { guard: mayDrawOn, target: '.metered', actions: takeLimit },
                  { guard: refused, target: 'stopping', actions: takeRefusal },
                  { actions: takeVerdict },
                ],
              },
              states: {
                free: {
                  description: 'Nothing bounds it here.',
                  on: {
                    'session.capped': [
                      { guard: boundsTime, target: 'timed', actions: takeCap },
                      { target: 'metered', actions: takeCap },
                    ],
                  },
                },
                timed: {
                  description:
                    'On the local word it may run until a time, and may draw an amount where that is bounded too.',
                  after: { boundTime: { target: '#session.active.life.stopping', actions: stopForTime } },
                  on: { 'session.startAnswered': { guard: mayDrawOn, actions: takeLimit } },
                },
                metered: {
                  description:
                    'It may draw an amount, so its readings must come: what cannot be read is taken as drawn.',
                  after: {
                    unreadPatience: [
                      // A charger that is away can tell nothing, and could not be stopped either.
                      { guard: 'chargerIsAway', target: 'metered', reenter: true },
                      { target: '#session.active.life.stopping', actions: stopForUnread },
                    ],
                  },
                  on: {
                    'session.metered': {
                      guard: readsOn,
                      target: 'metered',
                      reenter: true,
                      actions: takeSample,
                    },
                  },
                },
              },
            },
            stopping: {
              description:
                'Refused by the CPMS, or at the end of what it may have: the transaction is to end.',
              initial: 'asking',
              on: {
                ...ended,
                'session.startAnswered': {
                  guard: liftsBound,
                  target: 'running',
                  actions: [...liftBound, 'forgetAsks'],
                },
              },
              states: {
                asking: {
                  description: 'The charger was asked to stop; it is asked again every 30 s.',
                  entry: ['countAsk', { type: 'requestStop', params: ({ context }) => context.stopCause! }],
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
