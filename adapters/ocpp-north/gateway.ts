import type {
  NorthCall,
  NorthClosed,
  NorthDial,
  NorthDialFailed,
  NorthEffect,
  NorthOpened,
} from '../../actors/ports.ts';
import type { Mappers } from '../../machines/shared/mapping/mapping.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { type CallOutcome, failure } from '../ocpp/call-queue.ts';
import { PING_INTERVAL_MS, SILENT_AFTER_MS } from '../ocpp/liveness.ts';
import { outcomeEnvelope } from '../ocpp/outcome-envelope.ts';
import { subprotocolOf, versionOfSocket } from '../ocpp/subprotocol.ts';
import { type Post, SurePost } from '../ocpp/sure-post.ts';
import { type Validator, validatorOf } from '../ocpp/validate.ts';
import { BackendConnection, type BackendConnectionLimits } from './backend-connection.ts';
import type { Backend, DialCause, Dialer, DialOutcome } from './dialer.ts';
import { Offers } from './offers.ts';
import { ReplayPacer } from './replay-pacer.ts';

export interface NorthGatewayOptions {
  clock: Clock;
  random: Random;
  log: Log;
  post: Post;
  dialer: Dialer;
  mappers: Mappers;
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
  /** Chargers whose backlog waits for its turn now. */
  readonly replaysWaiting: number;
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
  return new Gateway(options);
}

class Gateway implements NorthGateway {
  readonly #options: NorthGatewayOptions;
  readonly #limits: BackendConnectionLimits;
  readonly #validators: Readonly<Record<OcppVersion, Validator>> = {
    '1.6': validatorOf('1.6', 'receive'),
    '2.0.1': validatorOf('2.0.1', 'receive'),
  };
  readonly #offers = new Offers();
  readonly #surePost: SurePost;
  readonly #open = new Map<string, BackendConnection>();
  readonly #dialing = new Map<string, { abort(): void }>();
  /** By URL of the CPMS: as many as there are backends in the site file. */
  readonly #pacers = new Map<string, ReplayPacer>();

  constructor(options: NorthGatewayOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_BACKEND_LIMITS, ...options.limits };
    this.#surePost = new SurePost(options);
  }

  perform(effect: NorthEffect): void {
    const { charger } = effect;
    if (effect.type === 'dial') this.#dial(effect);
    else if (effect.type === 'hangUp') this.#hangUp(charger, effect.code, effect.reason);
    else if (effect.type === 'call') this.#call(effect);
    else {
      const connection = this.#open.get(charger);
      if (connection?.socketId !== effect.socketId) return;
      if (effect.error !== undefined) connection.fail(effect.messageId, effect.error);
      else connection.answer(effect.messageId, effect.raw ?? '{}');
    }
  }

  isConnected(charger: string): boolean {
    return this.#open.has(charger);
  }

  get replaysWaiting(): number {
    return [...this.#pacers.values()].reduce((sum, pacer) => sum + pacer.waiting, 0);
  }

  close(): void {
    this.#surePost.stop();
    for (const pacer of this.#pacers.values()) pacer.stop();
    for (const attempt of this.#dialing.values()) attempt.abort();
    for (const connection of this.#open.values()) connection.abandon(GOING_AWAY, 'controller stops');
    this.#dialing.clear();
    this.#open.clear();
  }

  #dial({ charger, prefer }: NorthDial): void {
    if (this.#open.has(charger) || this.#dialing.has(charger)) return;
    const backend = this.#options.backendOf(charger);
    if (backend === null) {
      this.#tellFailed(charger, 'upgrade', 'no backend is configured');
      return;
    }
    const versions = this.#offers.next(charger, backend.versions, prefer);
    const attempt = this.#options.dialer.dial({ ...backend, versions }, charger, (outcome) => {
      if (this.#dialing.get(charger) !== attempt) return;
      this.#dialing.delete(charger);
      this.#onDialled(charger, backend, outcome);
    });
    this.#dialing.set(charger, attempt);
  }

  #onDialled(charger: string, backend: Backend, outcome: DialOutcome): void {
    if (outcome.kind === 'failed') {
      if (outcome.isOfferRefused === true) this.#offers.refused(charger, backend.versions);
      this.#tellFailed(charger, outcome.cause, outcome.detail);
      return;
    }
    const { clock, random, log, post, mappers } = this.#options;
    const socketId = random.uuid();
    const { socket } = outcome;
    const version = versionOfSocket(outcome.subprotocol);
    const subprotocol = subprotocolOf(version);
    // Told first: a CALL of the CPMS may stand right behind the handshake.
    this.#tellLink(charger, 'north.opened', { socketId, subprotocol } satisfies NorthOpened);
    const connection: BackendConnection = new BackendConnection({
      charger,
      socketId,
      socket,
      clock,
      random,
      log,
      validator: this.#validators[version],
      mappers,
      limits: this.#limits,
      pacer: this.#pacerOf(backend),
      post,
      surePost: this.#surePost,
      chargerIsWaiting: () => this.#options.chargerIsWaiting(charger),
      onGone: (code, reason) => {
        this.#open.delete(charger);
        // How a CPMS of the standard turns down an offer: a handshake that names nothing, then the end.
        if (outcome.subprotocol === '' && !connection.hasHeard)
          this.#offers.refused(charger, backend.versions);
        this.#tellLink(charger, 'north.closed', { socketId, code, reason } satisfies NorthClosed);
      },
    });
    this.#open.set(charger, connection);
  }

  #hangUp(charger: string, code: number, reason: string): void {
    this.#open.get(charger)?.close(code, reason);
    const attempt = this.#dialing.get(charger);
    if (attempt === undefined) return;
    this.#dialing.delete(charger);
    attempt.abort();
    this.#tellFailed(charger, 'upgrade', 'given up');
  }

  #call(effect: NorthCall): void {
    const {
      charger,
      version,
      action,
      raw,
      transaction,
      timeoutMs,
      messageId,
      exactId,
      replay = false,
    } = effect;
    const settle = (outcome: CallOutcome): void =>
      this.#surePost.post(outcomeEnvelope('north', effect, charger, outcome));
    const connection = this.#open.get(charger);
    if (connection === undefined) settle(failure('notConnected', 'backend is not connected'));
    else
      connection.call(
        { version, action, raw, transaction, timeoutMs, id: messageId, exactId, settle },
        replay,
      );
  }

  #pacerOf({ url, replay }: Backend): ReplayPacer | null {
    if (replay === undefined) return null;
    const known = this.#pacers.get(url);
    if (known) return known;
    const pacer = new ReplayPacer(replay, this.#options.clock);
    this.#pacers.set(url, pacer);
    return pacer;
  }

  #tellFailed(charger: string, cause: DialCause, detail: string): void {
    this.#tellLink(charger, 'north.dialFailed', { cause, detail } satisfies NorthDialFailed);
  }

  #tellLink(charger: string, type: string, data: Json): void {
    this.#surePost.post({ type, from: `north/${charger}`, to: `link/${charger}`, charger, data });
  }
}
