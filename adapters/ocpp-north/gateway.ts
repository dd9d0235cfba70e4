import type {
  NorthCall,
  NorthClosed,
  NorthDialFailed,
  NorthEffect,
  NorthOpened,
} from '../../actors/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { type CallOutcome, failure } from '../ocpp/call-queue.ts';
import { PING_INTERVAL_MS, SILENT_AFTER_MS } from '../ocpp/liveness.ts';
import { outcomeEnvelope } from '../ocpp/outcome-envelope.ts';
import { type Post, SurePost } from '../ocpp/sure-post.ts';
import { createValidator16 } from '../ocpp/validate16.ts';
import { BackendConnection, type BackendConnectionLimits } from './backend-connection.ts';
import type { Backend, Dialer, DialOutcome } from './dialer.ts';

export interface NorthGatewayOptions {
  clock: Clock;
  random: Random;
  log: Log;
  post: Post;
  dialer: Dialer;
  /** Null for a charger without an upstream. */
  backendOf(charger: string): Backend | null;
  /** True while a CALL of this charger waits for our answer (the south gateway knows). */
  chargerIsWaiting(charger: string): boolean;
  limits?: Partial<BackendConnectionLimits>;
}

/** One upstream socket per charger: effects to frames, frames to events (contract: actors/ports.ts). */
export interface NorthGateway {
  /** Carries out an effect of the port `north`. */
  perform(effect: NorthEffect): void;
  isConnected(charger: string): boolean;
  /** Closes every socket (1001) without telling the actors: the process ends. */
  close(): void;
}

export const DEFAULT_BACKEND_LIMITS: BackendConnectionLimits = {
  frameCharsMax: 1024 * 1024,
  messageIdLengthMax: 255,
  unansweredMax: 16,
  queueMax: 32,
  pingIntervalMs: PING_INTERVAL_MS,
  silentAfterMs: SILENT_AFTER_MS,
};

const GOING_AWAY = 1001;

export function createNorthGateway(options: NorthGatewayOptions): NorthGateway {
  const { clock, random, log, post, dialer } = options;
  const limits: BackendConnectionLimits = { ...DEFAULT_BACKEND_LIMITS, ...options.limits };
  const validator = createValidator16('receive');
  const surePost = new SurePost({ clock, log, post });
  const open = new Map<string, BackendConnection>();
  const dialing = new Map<string, { abort(): void }>();

  function tellLink(charger: string, type: string, data: Json): void {
    surePost.post({ type, from: `north/${charger}`, to: `link/${charger}`, charger, data });
  }

  function dial(charger: string): void {
    if (open.has(charger) || dialing.has(charger)) return;
    const backend = options.backendOf(charger);
    if (backend === null) {
      const data = { cause: 'upgrade', detail: 'no backend is configured' } satisfies NorthDialFailed;
      tellLink(charger, 'north.dialFailed', data);
      return;
    }
    const attempt = dialer.dial(backend, charger, (outcome) => {
      if (dialing.get(charger) !== attempt) return;
      dialing.delete(charger);
      onDialled(charger, outcome);
    });
    dialing.set(charger, attempt);
  }

  function onDialled(charger: string, outcome: DialOutcome): void {
    if (outcome.kind === 'failed') {
      const { cause, detail } = outcome;
      tellLink(charger, 'north.dialFailed', { cause, detail } satisfies NorthDialFailed);
      return;
    }
    const socketId = random.uuid();
    const { socket, subprotocol } = outcome;
    // Told first: a CALL of the CPMS may stand right behind the handshake.
    tellLink(charger, 'north.opened', { socketId, subprotocol } satisfies NorthOpened);
    const connection = new BackendConnection({
      charger,
      socketId,
      socket,
      clock,
      random,
      log,
      validator,
      limits,
      post,
      surePost,
      chargerIsWaiting: () => options.chargerIsWaiting(charger),
      onGone: (code, reason) => {
        open.delete(charger);
        tellLink(charger, 'north.closed', { socketId, code, reason } satisfies NorthClosed);
      },
    });
    open.set(charger, connection);
  }

  function hangUp(charger: string, code: number, reason: string): void {
    open.get(charger)?.close(code, reason);
    const attempt = dialing.get(charger);
    if (attempt === undefined) return;
    dialing.delete(charger);
    attempt.abort();
    tellLink(charger, 'north.dialFailed', { cause: 'upgrade', detail: 'given up' } satisfies NorthDialFailed);
  }

  function call(effect: NorthCall): void {
    const { charger, action, raw, timeoutMs, messageId, exactId } = effect;
    const settle = (outcome: CallOutcome): void =>
      surePost.post(outcomeEnvelope('north', effect, charger, outcome));
    const connection = open.get(charger);
    if (connection === undefined) settle(failure('notConnected', 'backend is not connected'));
    else connection.call({ action, raw, timeoutMs, id: messageId, exactId, settle });
  }

  function perform(effect: NorthEffect): void {
    const { charger } = effect;
    if (effect.type === 'dial') dial(charger);
    else if (effect.type === 'hangUp') hangUp(charger, effect.code, effect.reason);
    else if (effect.type === 'call') call(effect);
    else {
      const connection = open.get(charger);
      if (connection?.socketId !== effect.socketId) return;
      if (effect.error !== undefined) connection.fail(effect.messageId, effect.error);
      else connection.answer(effect.messageId, effect.raw ?? '{}');
    }
  }

  return {
    perform,
    isConnected: (charger) => open.has(charger),
    close() {
      surePost.stop();
      for (const attempt of dialing.values()) attempt.abort();
      for (const connection of open.values()) connection.abandon(GOING_AWAY, 'controller stops');
      dialing.clear();
      open.clear();
    },
  };
}
