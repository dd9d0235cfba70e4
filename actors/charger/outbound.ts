import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Address } from '../../runtime/address.ts';
import { idOf } from '../../runtime/address.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { TellOptions, Turn } from '../../runtime/host/actor-kind.ts';
import type { CallErrorData, NorthAnswer, NorthCall, SouthAnswer, SouthCall } from '../ports.ts';
import type { Tells, TellType } from '../tells.ts';

/** What leaves a charger actor: tells, and effects on its two sockets. */

export function chargerOf(turn: Turn): string {
  return idOf(turn.self);
}

export function tell<T extends TellType>(
  turn: Turn,
  to: Address,
  type: T,
  data: Tells[T],
  options?: TellOptions,
): void {
  turn.tell(to, type, data as unknown as Json, options);
}

/** Where an answer goes: one CALL on one socket. */
export interface Asker {
  socketId: string;
  messageId: string;
}

/** `version`: of `raw`, absent: 1.6, as are all answers of our own. */
export type Answer = { raw: string; version?: OcppVersion } | { error: CallErrorData };

export function answerCharger(turn: Turn, asker: Asker, answer: Answer): void {
  const data: SouthAnswer = {
    type: 'answer',
    charger: chargerOf(turn),
    socketId: asker.socketId,
    messageId: asker.messageId,
    ...answer,
  };
  turn.perform({ port: 'south', type: 'answer', recovery: 'answer', data: { ...data } });
}

export function answerBackend(turn: Turn, asker: Asker, answer: Answer): void {
  const data: NorthAnswer = {
    type: 'answer',
    charger: chargerOf(turn),
    socketId: asker.socketId,
    messageId: asker.messageId,
    ...answer,
  };
  turn.perform({ port: 'north', type: 'answer', recovery: 'answer', data: { ...data } });
}

/** A charger that does not answer a command in this time will not. */
const COMMAND_TIMEOUT_MS = 30_000;

/** Sends a CALL to the charger; its outcome comes back here under the correlation. Commands are never sent again. */
export function callCharger(
  turn: Turn,
  call: Pick<SouthCall, 'correlation' | 'action' | 'raw' | 'messageId' | 'version' | 'transaction'> & {
    cut?: boolean;
  },
): void {
  const { cut, ...rest } = call;
  const data: SouthCall = {
    type: 'call',
    charger: chargerOf(turn),
    replyTo: turn.self,
    timeoutMs: COMMAND_TIMEOUT_MS,
    ...rest,
  };
  turn.perform({
    port: 'south',
    type: 'call',
    recovery: 'once',
    data: { ...data },
    ...(cut ? { cut } : {}),
  });
}

/** Passes a CALL of the charger upstream as it stands; its outcome comes back here under the correlation. */
export function callBackend(
  turn: Turn,
  call: Pick<NorthCall, 'correlation' | 'action' | 'raw' | 'messageId' | 'timeoutMs' | 'version'>,
): void {
  const data: NorthCall = { type: 'call', charger: chargerOf(turn), replyTo: turn.self, ...call };
  turn.perform({ port: 'north', type: 'call', recovery: 'once', data: { ...data } });
}
