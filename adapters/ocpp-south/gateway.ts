import type { SouthCall, SouthEffect, SouthOpened } from '../../actors/ports.ts';
import type { Mappers } from '../../machines/shared/mapping/mapping.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Incoming } from '../../runtime/envelope.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { type CallOutcome, failure } from '../ocpp/call-queue.ts';
import type { FrameSocket } from '../ocpp/frame-socket.ts';
import { PING_INTERVAL_MS, SILENT_AFTER_MS } from '../ocpp/liveness.ts';
import { outcomeEnvelope } from '../ocpp/outcome-envelope.ts';
import type { RpcCounts } from '../ocpp/rpc.ts';
import { versionOfSocket } from '../ocpp/subprotocol.ts';
import { type Post, SurePost } from '../ocpp/sure-post.ts';
import type { VersionedCall } from '../ocpp/translation.ts';
import { type Validator, validatorOf } from '../ocpp/validate.ts';
import { ChargerConnection, type ConnectionInfo, type ConnectionLimits } from './charger-connection.ts';
import { QuirkDesk, type QuirkSource, type QuirkStatus } from './quirk-desk.ts';

export interface SouthGatewayOptions {
  clock: Clock;
  random: Random;
  log: Log;
  post: Post;
  mappers: Mappers;
  limits?: Partial<ConnectionLimits>;
  /** Default: nothing is known of any charger, and the default pack holds for all. */
  quirks?: QuirkSource;
}

export interface ConnectedCharger extends ConnectionInfo {
  identity: string;
  socketId: string;
  bufferedBytes: number;
  /** Wall milliseconds. */
  lastFrameAtMs: number;
  counts: RpcCounts;
}

/** Frames of the chargers to events of their actors, and effects back to frames (contract: actors/ports.ts). */
export interface SouthGateway {
  /**
   * Takes an authenticated, open socket. An older socket of the same charger is cut first and reported closed.
   * Null when the charger's actor takes nothing now: the socket is then closed with 1013.
   */
  attach(identity: string, socket: FrameSocket, info: ConnectionInfo): string | null;
  /** Carries out an effect of the port `south`. */
  perform(effect: SouthEffect): void;
  /** Sends a CALL outside of any actor's turn (limits port); `settle` is called exactly once. */
  call(charger: string, call: VersionedCall): void;
  connected(identity: string): ConnectedCharger | undefined;
  connections(): ConnectedCharger[];
  /** What is repaired for a charger, connected or not, and how often that happened. */
  quirks(identity: string): QuirkStatus;
  /** True while a CALL of this charger waits for our answer. */
  hasOpenCall(charger: string): boolean;
  /** Pings the charger's socket; `done(false)` when it stays silent, or is not there. Bounded by `silentAfterMs`. */
  probe(identity: string, done: (alive: boolean) => void): void;
  /** Closes every socket (1001) without telling the actors: the process ends, and its next start tells them. */
  close(): void;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  frameCharsMax: 256 * 1024,
  messageIdLengthMax: 36,
  unansweredMax: 16,
  queueMax: 32,
  rate: { perSecond: 20, burst: 200 },
  pingIntervalMs: PING_INTERVAL_MS,
  silentAfterMs: SILENT_AFTER_MS,
};

const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

export function createSouthGateway(options: SouthGatewayOptions): SouthGateway {
  return new Gateway(options);
}

class Gateway implements SouthGateway {
  readonly #options: SouthGatewayOptions;
  readonly #limits: ConnectionLimits;
  readonly #validators: Readonly<Record<OcppVersion, Validator>> = {
    '1.6': validatorOf('1.6', 'receive'),
    '2.0.1': validatorOf('2.0.1', 'receive'),
  };
  readonly #surePost: SurePost;
  readonly #quirks: QuirkDesk;
  readonly #connections = new Map<string, ChargerConnection>();

  constructor(options: SouthGatewayOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_CONNECTION_LIMITS, ...options.limits };
    this.#surePost = new SurePost(options);
    this.#quirks = new QuirkDesk(options);
  }

  attach(identity: string, socket: FrameSocket, info: ConnectionInfo): string | null {
    const { clock, random, log, post, mappers } = this.#options;
    this.#connections.get(identity)?.cut('replaced by a newer socket');
    const socketId = random.uuid();
    const opened = openedEnvelope(identity, socketId, info);
    // Nothing may overtake a notice about the older socket.
    if (this.#surePost.hasKept(opened.to) || post(opened) !== 'accepted') {
      log.warn({ charger: identity }, 'socket refused: its actor takes nothing now');
      socket.close(TRY_AGAIN_LATER, 'busy, try again later');
      return null;
    }
    const validator = this.#validators[versionOfSocket(info.subprotocol)];
    const connection = new ChargerConnection({
      identity,
      socketId,
      socket,
      info,
      clock,
      random,
      log,
      validator,
      mender: this.#quirks.menderFor(identity, validator),
      mappers,
      limits: this.#limits,
      post,
      surePost: this.#surePost,
      // A late close of an older socket must not remove the newer one.
      onGone: (gone) => {
        if (this.#connections.get(identity) === gone) this.#connections.delete(identity);
      },
    });
    this.#connections.set(identity, connection);
    if (info.subprotocolMissing) log.warn({ charger: identity }, 'charger offered no subprotocol');
    return socketId;
  }

  perform(effect: SouthEffect): void {
    const connection = this.#connections.get(effect.charger);
    if (effect.type === 'call') this.#callForActor(effect);
    else if (effect.type === 'close') connection?.close(effect.code, effect.reason);
    else if (connection?.socketId === effect.socketId) {
      if (effect.error !== undefined) connection.fail(effect.messageId, effect.error);
      else connection.answer(effect.messageId, effect.raw ?? '{}', effect.version);
    }
  }

  call(charger: string, outgoing: VersionedCall): void {
    const connection = this.#connections.get(charger);
    if (connection === undefined) outgoing.settle(failure('notConnected', 'charger is not connected'));
    else connection.call(outgoing);
  }

  connected(identity: string): ConnectedCharger | undefined {
    const connection = this.#connections.get(identity);
    return connection === undefined ? undefined : describe(connection);
  }

  connections(): ConnectedCharger[] {
    return [...this.#connections.values()].map(describe);
  }

  quirks(identity: string): QuirkStatus {
    return this.#quirks.statusOf(identity);
  }

  hasOpenCall(charger: string): boolean {
    return this.#connections.get(charger)?.hasOpenCall ?? false;
  }

  probe(identity: string, done: (alive: boolean) => void): void {
    const connection = this.#connections.get(identity);
    if (connection === undefined) done(false);
    else connection.probe(done);
  }

  close(): void {
    this.#surePost.stop();
    for (const connection of this.#connections.values()) connection.abandon(GOING_AWAY, 'controller stops');
    this.#connections.clear();
  }

  #callForActor(effect: SouthCall): void {
    const { charger, version, action, raw, transaction, timeoutMs, messageId } = effect;
    const settle = (outcome: CallOutcome): void =>
      this.#surePost.post(outcomeEnvelope('south', effect, charger, outcome));
    this.call(charger, { version, action, raw, transaction, timeoutMs, id: messageId, settle });
  }
}

function openedEnvelope(identity: string, socketId: string, info: ConnectionInfo): Incoming {
  const data = { socketId, subprotocol: info.subprotocol, remote: info.remote } satisfies SouthOpened;
  return {
    type: 'south.opened',
    from: `south/${identity}`,
    to: `charger/${identity}`,
    charger: identity,
    data,
  };
}

function describe(connection: ChargerConnection): ConnectedCharger {
  const { identity, socketId, info, bufferedBytes, lastFrameAtMs, counts } = connection;
  return { ...info, identity, socketId, bufferedBytes, lastFrameAtMs, counts };
}
