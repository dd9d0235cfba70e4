import { chargerMachine } from '../machines/charger/charger.machine.ts';
import type { AwaitedAnswer, ForwardedCommand, ModeCause } from '../machines/charger/charger.messages.ts';
import { FIRST_VERSION, versionOfSubprotocol } from '../machines/shared/ocpp-version.ts';
import { idOf } from '../runtime/address.ts';
import type { Json } from '../runtime/envelope.ts';
import type { ActorKind, StoredActor, Turn } from '../runtime/host/actor-kind.ts';
import {
  announceBackend,
  announceMode,
  reportDroppedAnswers,
  reportUnknownOutcomes,
} from './charger/announce.ts';
import { connectorsOf, patchNote, step, storeConfig } from './charger/books.ts';
import { commandEnded, northCalled, refuseCommand, sendCommand } from './charger/commands.ts';
import { deferredEnded, isDeferredRun, reportLostRuns, runDeferred } from './charger/deferred.ts';
import { tellAllDemands } from './charger/demand.ts';
import { announceLetIn, closeOut } from './charger/mirror-close.ts';
import { chargerOf } from './charger/outbound.ts';
import { askBoot, askStatuses, isOwn, ownCallEnded, stopWanted } from './charger/own-calls.ts';
import { renewCaps } from './charger/profiles.ts';
import { relayAnswered, relayFailed } from './charger/relay.ts';
import { resendSession } from './charger/resend.ts';
import { isSettingCall, settingCallEnded } from './charger/settings.ts';
import { answerLocally, delivered, southCalled } from './charger/south-calls.ts';
import { sessionEnded } from './charger/transactions.ts';
import { noteChargerVersion } from './link/wording.ts';
import type { SouthClosed, SouthOpened } from './ports.ts';
import type { ChargerConfig, Mode, Tells } from './tells.ts';

export { modeOf } from './charger/books.ts';

/**
 * `charger/<id>`: accepts every CALL of one charger, fixes the order of what goes upstream, answers or relays,
 * and keeps the table of its transactions. The flows are told in docs/ARCHITECTURE.md.
 */
export const chargerKind: ActorKind = {
  kind: 'charger',
  machine: chargerMachine,
  snapshotVersion: 2,
  migrations: { 1: withNobodyClosedOut },
  mailboxMax: 256,
  birth(envelope) {
    return envelope.type === 'charger.configured' ? { charger: idOf(envelope.to) } : undefined;
  },
  /** Answering a charger, or looking at caps and deferrals again, too early does no harm; giving a lost charger up does. */
  isSafetyTimer(timerId) {
    return timerId === 'caps' || timerId === 'deferrals' || timerId.startsWith('answer:');
  },
  receive(turn) {
    receivers[turn.envelope.type]?.(turn);
  },
  onEffect(turn, { type, params }) {
    effects[type]?.(turn, params as EffectParams);
  },
};

const receivers: Readonly<Record<string, (turn: Turn) => void>> = {
  'charger.configured': configured,
  'charger.backendChanged'(turn) {
    const { mode } = turn.envelope.data as Tells['charger.backendChanged'];
    step(turn, { type: 'backend.changed', at: turn.at, mode });
  },
  'charger.delivered': delivered,
  'charger.deferredDue': runDeferred,
  'charger.stopWanted': stopWanted,
  'charger.resendSession': resendSession,
  'charger.sessionEnded': sessionEnded,
  'south.opened'(turn) {
    const { socketId, subprotocol } = turn.envelope.data as unknown as SouthOpened;
    noteChargerVersion(turn, chargerOf(turn), versionOfSubprotocol(subprotocol) ?? FIRST_VERSION);
    step(turn, { type: 'socket.opened', at: turn.at, socketId, connectors: connectorsOf(turn) });
  },
  'south.closed'(turn) {
    const { socketId } = turn.envelope.data as unknown as SouthClosed;
    step(turn, { type: 'socket.closed', at: turn.at, socketId });
  },
  'south.called': southCalled,
  'south.answered': southCallEnded,
  'south.failed': southCallEnded,
  'north.called': northCalled,
  'north.answered': relayAnswered,
  'north.failed': relayFailed,
};

function configured(turn: Turn): void {
  const config = turn.envelope.data as unknown as ChargerConfig;
  const { graceMs, answerBudgetMs, managed, mirrorCloseAfterMs } = config;
  storeConfig(turn, config);
  for (let connector = 1; connector <= config.connectors; connector++) patchNote(turn, connector, {});
  reportLostRuns(turn);
  const settings = { graceMs, answerBudgetMs, managed, mirrorCloseAfterMs };
  step(turn, { type: 'charger.configured', at: turn.at, ...settings });
  tellAllDemands(turn);
  renewCaps(turn);
}

function southCallEnded(turn: Turn): void {
  const correlation = turn.envelope.correlation ?? '';
  if (isOwn(correlation)) ownCallEnded(turn, correlation);
  else if (isDeferredRun(correlation)) deferredEnded(turn, correlation);
  else if (isSettingCall(correlation)) settingCallEnded(turn, correlation);
  else commandEnded(turn, correlation);
}

/** Params of all effects of the chart, as machines/charger/charger.setup.ts types each of them. */
interface EffectParams extends Record<string, unknown> {
  mode: Mode;
  cause: ModeCause;
  connectors: number[];
  answer: AwaitedAnswer;
  answers: AwaitedAnswer[];
  command: ForwardedCommand;
  commands: ForwardedCommand[];
  raw: string;
}

const effects: Readonly<Record<string, (turn: Turn, params: EffectParams) => void>> = {
  announceMode: (turn, { mode, cause }) => announceMode(turn, mode, cause),
  announceBackend: (turn, { mode }) => announceBackend(turn, mode),
  askBoot,
  askStatuses: (turn, { connectors }) => askStatuses(turn, connectors),
  answerLocally: (turn, { answer }) => answerLocally(turn, answer, 'full'),
  answerOverdue(turn, { answers }) {
    for (const answer of answers) answerLocally(turn, answer, 'overdue');
  },
  sendCommand: (turn, { command, raw }) => sendCommand(turn, command, raw),
  refuseCommand: (turn, { command }) => refuseCommand(turn, command),
  reportDroppedAnswers: (turn, { answers }) => reportDroppedAnswers(turn, answers),
  reportUnknownOutcomes: (turn, { commands }) => reportUnknownOutcomes(turn, commands),
  renewCaps,
  runDeferred,
  closeOut,
  announceLetIn,
};

/** Version 1 knew only chargers that stay while the CPMS is away. */
function withNobodyClosedOut(stored: StoredActor): StoredActor {
  const snapshot = stored.snapshot as { value: Record<string, Json>; context: Record<string, Json> };
  const value = { ...snapshot.value, outage: 'letIn' };
  const context = { ...snapshot.context, mirrorCloseAfterMs: null };
  return { ...stored, version: 2, snapshot: { ...snapshot, value, context } };
}
