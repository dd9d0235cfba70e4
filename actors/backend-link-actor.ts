import type { AnyMachineSnapshot } from 'xstate';
import { backendLinkMachine } from '../machines/backend-link/backend-link.machine.ts';
import type {
  BackendLinkContext,
  BackendLinkEvent,
  LinkSettings,
} from '../machines/backend-link/backend-link.messages.ts';
import { jitterOf } from '../machines/backend-link/backend-link.rules.ts';
import type { Mode } from '../machines/shared/mode.ts';
import { idOf } from '../runtime/address.ts';
import type { Envelope } from '../runtime/envelope.ts';
import type { ActorKind, RecordedEffect, Turn } from '../runtime/host/actor-kind.ts';
import { resend } from './link/dead-letters.ts';
import { type Delivery, onAnswered, onFailed, parseCorrelation, sendNext } from './link/delivery.ts';
import { LinkQueue } from './link/queue.ts';
import type { LinkConfig, Tells } from './tells.ts';

/** Close code for a socket on which no answer came in time. */
const CLOSE_SILENT = { code: 1000, reason: 'no answer in time' };

export function modeOf(snapshot: AnyMachineSnapshot): Mode {
  return (snapshot.value as { mode: Mode }).mode;
}

/** `link/<charger>`: drives one upstream socket and drains the charger's queue through it. */
export const backendLinkKind: ActorKind = {
  kind: 'link',
  machine: backendLinkMachine,
  snapshotVersion: 1,
  migrations: {},
  mailboxMax: 256,
  birth(envelope) {
    if (envelope.type !== 'link.configured') return undefined;
    return { charger: idOf(envelope.to), ...settingsOf(envelope) };
  },
  receive(turn) {
    receivers[turn.envelope.type]?.(turn);
  },
  onEffect(turn, effect) {
    effects[effect.type]?.(turn, effect);
  },
};

const receivers: Readonly<Record<string, (turn: Turn) => void>> = {
  'link.configured': (turn) =>
    step(turn, { type: 'link.configured', at: turn.at, settings: settingsOf(turn.envelope) }),
  'link.queueAppended': pump,
  'link.resend'(turn) {
    const { n } = turn.envelope.data as Tells['link.resend'];
    if (resend(turn, idOf(turn.self), queueOf(turn), n)) pump(turn);
  },
  'north.opened'(turn) {
    const { socketId } = turn.envelope.data as { socketId: string };
    queueOf(turn).startDraining();
    step(turn, { type: 'north.opened', at: turn.at, socketId });
  },
  'north.closed'(turn) {
    const { socketId } = turn.envelope.data as { socketId: string };
    step(turn, { type: 'north.closed', socketId, ...jitterNow(turn) });
  },
  'north.dialFailed': (turn) => step(turn, { type: 'north.dialFailed', ...jitterNow(turn) }),
  'north.answered'(turn) {
    const call = parseCorrelation(turn.envelope.correlation);
    if (!call) return;
    onAnswered(turn, idOf(turn.self), queueOf(turn), call.n);
    pump(turn);
  },
  'north.failed'(turn) {
    const call = parseCorrelation(turn.envelope.correlation);
    // A failure on a socket that is gone says nothing new: the message is in doubt, or has left again.
    if (!call || call.socketId !== contextOf(turn).socketId) return;
    const outcome = onFailed(deliveryOf(turn), call.n);
    if (outcome === 'socketLost')
      step(turn, { type: 'north.closed', socketId: call.socketId, ...jitterNow(turn) });
    else if (outcome === 'socketSilent') step(turn, { type: 'link.silent', ...jitterNow(turn) });
    else if (outcome === 'next') pump(turn);
    else step(turn, { type: 'link.refused', at: turn.at, waitMs: outcome.waitMs });
  },
};

const effects: Readonly<Record<string, (turn: Turn, effect: RecordedEffect) => void>> = {
  announceMode(turn, { params }) {
    const charger = idOf(turn.self);
    const mode = params.mode as Mode;
    turn.tell(`charger/${charger}`, 'charger.backendChanged', { mode });
    turn.journal({ type: 'link.modeChanged', data: { mode }, reason: { code: `link.${mode}` }, charger });
  },
  dial: (turn) => performNorth(turn, 'dial', {}),
  hangUp: (turn) => performNorth(turn, 'hangUp', CLOSE_SILENT),
  deliver: pump,
};

/**
 * Sends what is next. Steps the machine only when that changes the story (empty after a backlog, a rest before the
 * next try): in the steady state a delivery costs no step and no snapshot.
 */
function pump(turn: Turn): void {
  if (!turn.snapshot().matches({ socket: { open: 'sending' } })) return;
  const outcome = sendNext(deliveryOf(turn));
  if (outcome.kind === 'wait') {
    step(turn, { type: 'link.refused', at: turn.at, waitMs: outcome.waitMs });
  } else if (outcome.kind === 'sent' && outcome.row === 'meter' && modeOf(turn.snapshot()) === 'online') {
    // A fresh sample is in no hurry upstream; a backlog is.
    turn.relax();
  } else if (outcome.kind === 'empty') {
    if (modeOf(turn.snapshot()) !== 'resync') {
      turn.relax();
      return;
    }
    queueOf(turn).endDraining();
    step(turn, { type: 'link.drained', at: turn.at });
  }
}

function step(turn: Turn, event: BackendLinkEvent): void {
  turn.step(event);
}

function jitterNow(turn: Turn): { at: number; jitter: number } {
  const { charger, attempts } = contextOf(turn);
  return { at: turn.at, jitter: jitterOf(charger, attempts) };
}

function performNorth(turn: Turn, type: 'dial' | 'hangUp', data: Record<string, unknown>): void {
  turn.perform({ port: 'north', type, recovery: 'answer', data: { charger: idOf(turn.self), ...data } });
}

function contextOf(turn: Turn): BackendLinkContext {
  return turn.snapshot().context as BackendLinkContext;
}

function queueOf(turn: Turn): LinkQueue {
  return new LinkQueue(turn, idOf(turn.self));
}

function deliveryOf(turn: Turn): Delivery {
  const context = contextOf(turn);
  return {
    turn,
    charger: idOf(turn.self),
    // Only an open socket delivers, and an open one has an id.
    socketId: context.socketId ?? '',
    settings: context,
    queue: queueOf(turn),
  };
}

function settingsOf(envelope: Envelope): LinkSettings {
  const config = envelope.data as unknown as LinkConfig;
  return {
    fallbackAfterMs: config.fallbackAfterMs,
    backoffMinMs: config.backoffMinMs,
    backoffMaxMs: config.backoffMaxMs,
    callTimeoutMs: config.callTimeoutMs,
    attemptsMax: config.attemptsMax,
    attemptIntervalMs: config.attemptIntervalMs,
  };
}
