import type { AnyMachineSnapshot } from 'xstate';
import { sessionMachine } from '../machines/session/session.machine.ts';
import type {
  Note,
  SessionContext,
  SessionEvent,
  SessionStart,
  StopCause,
} from '../machines/session/session.messages.ts';
import { refusalCause } from '../machines/session/session.rules.ts';
import type { Mode } from '../machines/shared/mode.ts';
import type { Envelope, Json } from '../runtime/envelope.ts';
import type { ActorKind, StoredActor, Turn } from '../runtime/host/actor-kind.ts';
import type { SessionInput, Tells } from './tells.ts';

/** The authority of a session; one that is over keeps nothing to decide and counts as online. */
export function modeOf(snapshot: AnyMachineSnapshot): Mode {
  const { active } = snapshot.value as { active?: { authority: Mode } };
  return active?.authority ?? 'online';
}

/** `session/<uuid>`: born with the accepted StartTransaction, done when its end is settled. */
export const sessionKind: ActorKind = {
  kind: 'session',
  machine: sessionMachine,
  snapshotVersion: 2,
  migrations: { 1: withoutBounds },
  mailboxMax: 256,
  birth(envelope) {
    return envelope.type === 'session.opened' ? { ...startOf(envelope) } : undefined;
  },
  /** What was due while nobody knew the time, a request to stop or the end of a cap, is done at once. */
  isSafetyTimer: (timerId) => timerId.includes('stopRetry') || timerId.includes('boundTime'),
  receive(turn) {
    const event = eventOf(turn);
    if (!event) return;
    if (event.type === 'session.metered') turn.relax();
    turn.step(event);
  },
  onEffect(turn, { type, params }) {
    const context = turn.snapshot().context as SessionContext;
    const { charger, connector, session } = context;
    if (type === 'record') {
      const { code, params: values } = params as unknown as Note;
      turn.journal({
        type: 'session.changed',
        reason: { code, params: values },
        charger,
        connector,
        session,
      });
    } else if (type === 'requestStop') {
      const { reason, code, params: numbers } = params as unknown as StopCause;
      const why = { reason: { code, params: numbers }, session };
      turn.tell(`charger/${charger}`, 'charger.stopWanted', { session, reason }, why);
    } else if (type === 'reportEnded') {
      const outcome = String(params.outcome);
      turn.journal({
        type: 'session.ended',
        data: { outcome, energyWh: context.energyWh, stopReason: context.stopReason },
        reason: { code: `session.${outcome}`, params: { energyWh: context.energyWh } },
        charger,
        connector,
        session,
      });
      turn.tell(`charger/${charger}`, 'charger.sessionEnded', { session, outcome }, { session });
    }
  },
};

function startOf(envelope: Envelope): SessionStart {
  const { idTag: _idTag, ...start } = envelope.data as unknown as SessionInput;
  return start;
}

function eventOf(turn: Turn): SessionEvent | undefined {
  const { type, data } = turn.envelope;
  const { at } = turn;
  switch (type) {
    case 'session.opened':
    case 'session.stopAnswered':
      return { type, at };
    case 'session.metered':
    case 'session.stopped':
      return { type, ...(data as unknown as Tells[typeof type]) } as SessionEvent;
    case 'session.startAnswered':
    case 'session.capped':
    case 'session.deliveryFailed':
    case 'session.aborted':
    case 'session.backendChanged':
    case 'session.chargerChanged':
      return { type, at, ...(data as unknown as Tells[typeof type]) } as SessionEvent;
    default:
      return undefined;
  }
}

/** Version 1 knew no sessions that are bounded, and one reason only to stop one. */
function withoutBounds(stored: StoredActor): StoredActor {
  const snapshot = stored.snapshot as { value: Json; context: Json };
  const before = snapshot.context as unknown as SessionContext;
  const refusal = { status: before.verdict ?? 'Invalid', maxEnergyWh: undefined };
  const context = { ...before, bound: null, stopCause: refusalCause(before, refusal) };
  const { active } = snapshot.value as { active?: { life: Json; authority: Json } };
  const value =
    active?.life === 'running' ? { active: { ...active, life: { running: 'free' } } } : snapshot.value;
  return { ...stored, version: 2, snapshot: { ...snapshot, value, context } as unknown as Json };
}
