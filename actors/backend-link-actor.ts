import type { AnyMachineSnapshot } from 'xstate';
import { backendLinkMachine } from '../machines/backend-link/backend-link.machine.ts';
import type {
  BackendLinkContext,
  BackendLinkEvent,
  LinkSettings,
} from '../machines/backend-link/backend-link.messages.ts';
import { jitterOf } from '../machines/backend-link/backend-link.rules.ts';
import type { Mode } from '../machines/shared/mode.ts';
import { FIRST_VERSION, versionOfSubprotocol } from '../machines/shared/ocpp-version.ts';
import { idOf } from '../runtime/address.ts';
import type { Envelope, Json } from '../runtime/envelope.ts';
import type { ActorKind, RecordedEffect, StoredActor, Turn } from '../runtime/host/actor-kind.ts';
import { resend } from './link/dead-letters.ts';
import {
  type Delivery,
  type FailureOutcome,
  onAnswered,
  onFailed,
  onProbeFailed,
  onUnanswered,
  parseCorrelation,
  sendNext,
} from './link/delivery.ts';
import { parkedRestMs, tryNext } from './link/parking.ts';
import { LinkQueue } from './link/queue.ts';
import { Suspicion } from './link/suspicion.ts';
import { chargerVersionOf, noteCpmsVersion } from './link/wording.ts';
import type { NorthDial, NorthOpened } from './ports.ts';
import type { LinkConfig, QueueRow, Tells } from './tells.ts';

/** Samples that wait for longer have others behind them. */
const FRESH_MS = 5_000;

/** Close code for a socket on which no answer came in time. */
const CLOSE_SILENT = { code: 1000, reason: 'no answer in time' };

export function modeOf(snapshot: AnyMachineSnapshot): Mode {
  return (snapshot.value as { mode: Mode }).mode;
}

/** `link/<charger>`: drives one upstream socket and drains the charger's queue through it. */
export const backendLinkKind: ActorKind = {
  kind: 'link',
  machine: backendLinkMachine,
  snapshotVersion: 2,
  migrations: { 1: withNothingParked },
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
    const { n, reason } = turn.envelope.data as Tells['link.resend'];
    if (!resend(turn, idOf(turn.self), queueOf(turn), n, reason)) return;
    planParked(turn);
    pump(turn);
  },
  'north.opened'(turn) {
    const { socketId, subprotocol } = turn.envelope.data as unknown as NorthOpened;
    noteCpmsVersion(turn, idOf(turn.self), versionOfSubprotocol(subprotocol) ?? FIRST_VERSION);
    queueOf(turn).startDraining();
    step(turn, { type: 'north.opened', at: turn.at, socketId });
  },
  'north.closed'(turn) {
    const { socketId } = turn.envelope.data as { socketId: string };
    if (socketId === contextOf(turn).socketId) blame(turn, 'the CPMS closed the socket, or it was lost');
    step(turn, { type: 'north.closed', socketId, ...jitterNow(turn) });
  },
  'north.dialFailed': (turn) => step(turn, { type: 'north.dialFailed', ...jitterNow(turn) }),
  'north.answered'(turn) {
    const asked = parseCorrelation(turn.envelope.correlation);
    if (!asked) return;
    const charger = idOf(turn.self);
    if (asked.call === 'probe') new Suspicion(turn, charger).probeAnswered(asked.socketId);
    else if (onAnswered(turn, charger, queueOf(turn), asked.call)) {
      tryNext(turn, charger, queueOf(turn), null);
      planParked(turn);
    }
    pump(turn);
  },
  'north.failed'(turn) {
    const asked = parseCorrelation(turn.envelope.correlation);
    // A failure on a socket that is gone says nothing new: the message is in doubt, or has left again.
    if (!asked || asked.socketId !== contextOf(turn).socketId) return;
    const { call, socketId } = asked;
    const outcome = call === 'probe' ? onProbeFailed(deliveryOf(turn)) : onFailed(deliveryOf(turn), call);
    afterFailure(turn, socketId, outcome);
  },
};

function afterFailure(turn: Turn, socketId: string, outcome: FailureOutcome): void {
  if (outcome === 'socketLost') {
    step(turn, { type: 'north.closed', socketId, ...jitterNow(turn) });
  } else if (outcome === 'socketSilent') {
    blame(turn, 'no answer in time');
    step(turn, { type: 'link.silent', ...jitterNow(turn) });
  } else if (outcome === 'next') pump(turn);
  else step(turn, { type: 'link.refused', at: turn.at, waitMs: outcome.waitMs });
}

/** The socket is silent or gone: what was under way on it, if anything, may be the cause. */
function blame(turn: Turn, error: string): void {
  const row = queueOf(turn).underWay();
  if (row && onUnanswered(deliveryOf(turn), row, error)) planParked(turn);
}

/** Has the chart know when what is set aside may be tried again. */
function planParked(turn: Turn): void {
  const restMs = parkedRestMs(turn, idOf(turn.self));
  if (restMs === null) step(turn, { type: 'link.noneParked', at: turn.at });
  else step(turn, { type: 'link.parked', at: turn.at, restMs });
}

/** Not while a backlog drains: one more try may cost the connection that it drains through. */
function tryParked(turn: Turn): void {
  if (modeOf(turn.snapshot()) !== 'online') return;
  tryNext(turn, idOf(turn.self), queueOf(turn), turn.at);
  planParked(turn);
  pump(turn);
}

const effects: Readonly<Record<string, (turn: Turn, effect: RecordedEffect) => void>> = {
  announceMode(turn, { params }) {
    const charger = idOf(turn.self);
    const mode = params.mode as Mode;
    turn.tell(`charger/${charger}`, 'charger.backendChanged', { mode });
    turn.journal({ type: 'link.modeChanged', data: { mode }, reason: { code: `link.${mode}` }, charger });
  },
  dial: (turn) => performNorth(turn, 'dial', preferenceOf(turn)),
  hangUp: (turn) => performNorth(turn, 'hangUp', CLOSE_SILENT),
  deliver: pump,
  tryParked,
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
  } else if (outcome.kind === 'more') {
    turn.tell(turn.self, 'link.queueAppended', { n: 0 }, { delivery: 'latest', key: 'queue' });
  } else if (outcome.kind === 'sent') {
    if (isInNoHurry(turn, outcome.row)) turn.relax();
  } else if (outcome.kind === 'empty') {
    if (modeOf(turn.snapshot()) !== 'resync') {
      turn.relax();
      return;
    }
    queueOf(turn).endDraining();
    step(turn, { type: 'link.drained', at: turn.at });
  }
}

/** A fresh sample is in no hurry upstream; a backlog is, whether of an outage or of something sent again. */
function isInNoHurry(turn: Turn, { kind, acceptedAt }: QueueRow): boolean {
  return kind === 'meter' && turn.at - acceptedAt < FRESH_MS && modeOf(turn.snapshot()) === 'online';
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

/** The charger's own version first: then nothing needs translating. Row `chargerVersion/<charger>`. */
function preferenceOf(turn: Turn): Pick<NorthDial, 'prefer'> {
  const prefer = chargerVersionOf(turn, idOf(turn.self));
  return prefer === FIRST_VERSION ? {} : { prefer };
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

/** Version 1 knew no parked messages. */
function withNothingParked(stored: StoredActor): StoredActor {
  const snapshot = stored.snapshot as { value: Record<string, Json>; context: Record<string, Json> };
  const { value, context } = snapshot;
  const migrated = {
    ...snapshot,
    value: { ...value, parked: 'none' },
    context: { ...context, restMs: 0 },
  };
  return { ...stored, version: 2, snapshot: migrated };
}
