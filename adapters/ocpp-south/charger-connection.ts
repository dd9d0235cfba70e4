import type { CallErrorData, SouthCalled, SouthClosed } from '../../actors/ports.ts';
import type { Mappers } from '../../machines/shared/mapping/mapping.ts';
import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Address } from '../../runtime/address.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { PostRefusal } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { FrameSocket } from '../ocpp/frame-socket.ts';
import { Liveness } from '../ocpp/liveness.ts';
import { type IncomingCall, Rpc, type RpcCounts } from '../ocpp/rpc.ts';
import type { Subprotocol } from '../ocpp/subprotocol.ts';
import type { Post, SurePost } from '../ocpp/sure-post.ts';
import { isOfVersion, translateCall, type VersionedCall } from '../ocpp/translation.ts';
import type { Validator } from '../ocpp/validate.ts';
import { Inflow } from './inflow.ts';
import type { ChargerMender } from './quirk-desk.ts';

/** What the listener knows about an accepted socket. */
export interface ConnectionInfo {
  /** 1.6 too where none was offered. */
  subprotocol: Subprotocol;
  /** Remote address, for people. */
  remote: string;
  /** The charger offered no subprotocol and was let in by the named quirk. */
  subprotocolMissing: boolean;
  /** Over TLS. */
  isSecure: boolean;
  /** SHA-256 of the public key of the certificate that it came in with; null where none was asked for. */
  clientKey: string | null;
}

export interface ConnectionLimits {
  /** UTF-16 units of one frame. */
  frameCharsMax: number;
  /** 36 by the standard; up to 255 for chargers that need it. */
  messageIdLengthMax: number;
  /** CALLs of the charger waiting for our answer before reading stops. */
  unansweredMax: number;
  /** Our CALLs waiting behind the one in flight; one more fails as `queueFull`. */
  queueMax: number;
  /** CALLs per second and burst; null switches the bound off. */
  rate: { perSecond: number; burst: number } | null;
  pingIntervalMs: number;
  silentAfterMs: number;
}

export interface ConnectionOptions {
  identity: string;
  socketId: string;
  socket: FrameSocket;
  info: ConnectionInfo;
  clock: Clock;
  random: Random;
  log: Log;
  /** Of the version that the socket speaks. */
  validator: Validator;
  /** Of this charger and version. */
  mender: ChargerMender;
  mappers: Mappers;
  limits: ConnectionLimits;
  post: Post;
  surePost: SurePost;
  onGone(connection: ChargerConnection): void;
}

const ABNORMAL = 1006;
const TRY_AGAIN_LATER = 1013;

/** The actor takes nothing now, and others do: this charger is asked to come back later. */
const BUSY: ReadonlySet<PostRefusal> = new Set(['MAILBOX_FULL', 'TELLS_WAITING', 'QUARANTINED']);

/** One authenticated socket of one charger, from `south.opened` (posted by the gateway) to `south.closed`. */
export class ChargerConnection {
  readonly identity: string;
  readonly socketId: string;
  readonly info: ConnectionInfo;
  readonly #options: ConnectionOptions;
  readonly #from: Address;
  readonly #to: Address;
  readonly #rpc: Rpc;
  readonly #liveness: Liveness;
  readonly #inflow: Inflow;
  #gone = false;
  /** Wall time of the newest frame; of the opening before the first. */
  lastFrameAtMs: number;

  constructor(options: ConnectionOptions) {
    const { identity, socketId, socket, clock, random, validator, mender, limits } = options;
    this.identity = identity;
    this.socketId = socketId;
    this.info = options.info;
    this.#options = options;
    this.#from = `south/${identity}`;
    this.#to = `charger/${identity}`;
    this.#rpc = new Rpc({
      clock,
      random,
      validator,
      mender,
      peer: 'charger',
      frame: { charsMax: limits.frameCharsMax, idLengthMax: limits.messageIdLengthMax },
      // The inflow stops earlier: this bound holds even if it should fail.
      incomingMax: limits.unansweredMax,
      queueMax: limits.queueMax,
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
      onCall: (call) => this.#onCall(call),
    });
    this.#inflow = new Inflow({
      clock,
      socket,
      unansweredMax: limits.unansweredMax,
      rate: limits.rate,
      unanswered: () => this.#rpc.unanswered,
      deliver: (text) => this.#rpc.receive(text),
    });
    const { pingIntervalMs, silentAfterMs } = limits;
    this.#liveness = new Liveness({
      clock,
      socket,
      pingIntervalMs,
      silentAfterMs,
      onSilent: () => this.#onSilent(),
    });
    this.lastFrameAtMs = clock.wallMs();
    socket.onText((text) => {
      this.lastFrameAtMs = clock.wallMs();
      this.#liveness.heard();
      this.#inflow.take(text);
    });
    socket.onClose((code, reason) => this.leave(code, reason));
  }

  get counts(): RpcCounts {
    return this.#rpc.counts;
  }

  get bufferedBytes(): number {
    return this.#options.socket.bufferedBytes;
  }

  /** True while a CALL of the charger waits for our answer. */
  get hasOpenCall(): boolean {
    return this.#rpc.unanswered > 0;
  }

  call(call: VersionedCall): void {
    if (isOfVersion(call, this.#version)) {
      this.#rpc.call(call);
      return;
    }
    const { clock, log, mappers } = this.#options;
    const { identity: charger } = this;
    const how = { mapper: mappers.down, clock, log, charger, mergesPartial: true };
    const translated = translateCall(call, this.#version, how);
    if (translated !== null) this.#rpc.call(translated);
  }

  answer(messageId: string, raw: string, version: OcppVersion = FIRST_VERSION): void {
    if (version === this.#version) this.#rpc.answer(messageId, raw);
    else this.#answerTranslated(messageId, raw, version);
    this.#inflow.release();
  }

  fail(messageId: string, error: CallErrorData): void {
    this.#rpc.fail(messageId, error);
    this.#inflow.release();
  }

  close(code: number, reason: string): void {
    this.#options.socket.close(code, reason);
  }

  probe(done: (alive: boolean) => void): void {
    this.#liveness.probe(done);
  }

  /** Cuts the socket and reports it closed at once; whatever the socket still says touches nothing. */
  cut(reason: string): void {
    this.leave(ABNORMAL, reason);
    this.#options.socket.terminate();
  }

  /** Stops without a word to anybody: the process ends. */
  abandon(code: number, reason: string): void {
    this.#stop();
    this.#rpc.shut();
    this.#options.socket.close(code, reason);
  }

  leave(code: number, reason: string): void {
    if (this.#gone) return;
    this.#stop();
    // The charger learns of the closed socket before the CALLs that died with it.
    const data = { socketId: this.socketId, code, reason } satisfies SouthClosed;
    this.#options.surePost.post({
      type: 'south.closed',
      from: this.#from,
      to: this.#to,
      charger: this.identity,
      data,
    });
    this.#rpc.shut();
    this.#options.onGone(this);
  }

  get #version(): OcppVersion {
    return this.#options.validator.version;
  }

  /** Answers of our own are in 1.6; what was relayed comes back in the version of the charger's CALL. */
  #answerTranslated(messageId: string, raw: string, version: OcppVersion): void {
    const action = this.#rpc.actionOf(messageId);
    if (action === undefined) return;
    const { mappers, log } = this.#options;
    try {
      if (version !== FIRST_VERSION) throw new TypeError(`an answer in OCPP ${version} to a CALL in 1.6`);
      const payload = mappers.ownAnswer(action, JSON.parse(raw) as Record<string, unknown>);
      this.#rpc.answer(messageId, JSON.stringify(payload));
    } catch (error) {
      log.error({ err: error, charger: this.identity, action }, 'answer could not be translated');
      const description = 'the answer could not be translated';
      this.#rpc.fail(messageId, { code: 'InternalError', description, details: {} });
    }
  }

  #stop(): void {
    this.#gone = true;
    this.#liveness.stop();
    this.#inflow.stop();
  }

  #onSilent(): void {
    // Nothing is read while the inflow holds, so silence means nothing then.
    if (!this.#inflow.isHolding) this.cut('no pong');
    else if (this.#inflow.isStuck) this.cut('answers are overdue');
  }

  #onCall(call: IncomingCall): void {
    if (this.#gone) return;
    const { id, action, raw, repaired } = call;
    const { socketId } = this;
    const version = this.#version;
    const said = (
      version === FIRST_VERSION
        ? { socketId, messageId: id, action, raw }
        : { socketId, messageId: id, version, action, raw }
    ) satisfies SouthCalled;
    const data = repaired === undefined ? said : ({ ...said, repaired } satisfies SouthCalled);
    const result = this.#options.surePost.hasKept(this.#to)
      ? ({ refused: 'MAILBOX_FULL' } as const)
      : this.#options.post({
          type: 'south.called',
          from: this.#from,
          to: this.#to,
          charger: this.identity,
          data,
          transient: call.payload,
        });
    if (result === 'accepted') {
      this.#options.mender.taken(call);
      return;
    }
    // Unanswered, the charger keeps its message and repeats it.
    this.#rpc.forget(id);
    const note = { charger: this.identity, action, cause: result.refused };
    if (BUSY.has(result.refused)) {
      this.#options.log.warn(note, 'message not taken, socket closed');
      this.#options.socket.close(TRY_AGAIN_LATER, 'busy, try again later');
    } else {
      // While the store fails this happens to every message of every charger: the host has the alarm.
      this.#options.log.debug(note, 'message not taken');
    }
  }
}
