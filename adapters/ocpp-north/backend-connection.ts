import type { CallErrorData, NorthCalled } from '../../actors/ports.ts';
import { withoutSecrets } from '../../machines/shared/governance/secrets.ts';
import type { Mappers } from '../../machines/shared/mapping/mapping.ts';
import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { FrameSocket } from '../ocpp/frame-socket.ts';
import { Liveness } from '../ocpp/liveness.ts';
import { type IncomingCall, Rpc } from '../ocpp/rpc.ts';
import type { Post, SurePost } from '../ocpp/sure-post.ts';
import { isOfVersion, translateCall, type VersionedCall } from '../ocpp/translation.ts';
import type { Validator } from '../ocpp/validate.ts';
import type { ReplayPacer } from './replay-pacer.ts';

export interface BackendConnectionLimits {
  frameCharsMax: number;
  messageIdLengthMax: number;
  /** CALLs of the CPMS waiting for our answer; one more is answered with CALLERROR InternalError. */
  unansweredMax: number;
  /** CALLs of ours waiting behind the one in flight; one more fails as `queueFull`. */
  queueMax: number;
  pingIntervalMs: number;
  silentAfterMs: number;
}

export interface BackendConnectionOptions {
  charger: string;
  socketId: string;
  socket: FrameSocket;
  clock: Clock;
  random: Random;
  log: Log;
  /** Of the version that the socket speaks. */
  validator: Validator;
  mappers: Mappers;
  limits: BackendConnectionLimits;
  /** Shared by all connections to one CPMS; null: backlogs are not held back. */
  pacer: ReplayPacer | null;
  post: Post;
  surePost: SurePost;
  /** True while the charger itself waits for an answer: then nothing of ours is held back. */
  chargerIsWaiting(): boolean;
  onGone(code: number, reason: string): void;
}

const ABNORMAL = 1006;

/** One open upstream socket of one charger. */
export class BackendConnection {
  readonly socketId: string;
  readonly #options: BackendConnectionOptions;
  readonly #rpc: Rpc;
  readonly #liveness: Liveness;
  #gone = false;
  #hasHeard = false;

  constructor(options: BackendConnectionOptions) {
    const { socketId, socket, clock, random, validator, limits } = options;
    this.socketId = socketId;
    this.#options = options;
    this.#rpc = new Rpc({
      clock,
      random,
      validator,
      peer: 'cpms',
      frame: { charsMax: limits.frameCharsMax, idLengthMax: limits.messageIdLengthMax },
      incomingMax: limits.unansweredMax,
      queueMax: limits.queueMax,
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
      onCall: (call) => this.#onCall(call),
      // Some CPMS refuse a CALL while their own is open; but two waits must not lock each other.
      answerFirst: () => !options.chargerIsWaiting(),
    });
    this.#liveness = new Liveness({
      clock,
      socket,
      pingIntervalMs: limits.pingIntervalMs,
      silentAfterMs: limits.silentAfterMs,
      onSilent: () => {
        this.#leave(ABNORMAL, 'no pong');
        socket.terminate();
      },
    });
    socket.onText((text) => {
      this.#hasHeard = true;
      this.#liveness.heard();
      if (!this.#gone) this.#rpc.receive(text);
    });
    socket.onClose((code, reason) => this.#leave(code, reason));
  }

  /** True once the CPMS has sent anything. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** A CALL of a backlog waits for its turn; its time-out begins only then. */
  call(call: VersionedCall, replay: boolean): void {
    const { pacer, charger, mappers, clock, log } = this.#options;
    const outgoing = isOfVersion(call, this.#version)
      ? call
      : translateCall(call, this.#version, { mapper: mappers.up, clock, log, charger, mergesPartial: false });
    if (outgoing === null) return;
    if (replay && pacer !== null) pacer.request(charger, () => this.#rpc.call(outgoing));
    else this.#rpc.call(outgoing);
  }

  /** The answer is in the version of the CALL, as what a CPMS asked is answered by its charger or in its own words. */
  answer(messageId: string, raw: string): void {
    this.#rpc.answer(messageId, raw);
  }

  fail(messageId: string, error: CallErrorData): void {
    this.#rpc.fail(messageId, error);
  }

  close(code: number, reason: string): void {
    this.#options.socket.close(code, reason);
  }

  /** Stops without a word to anybody: the process ends. */
  abandon(code: number, reason: string): void {
    this.#gone = true;
    this.#liveness.stop();
    this.#options.pacer?.withdraw(this.#options.charger);
    this.#rpc.shut();
    this.#options.socket.close(code, reason);
  }

  get #version(): OcppVersion {
    return this.#options.validator.version;
  }

  #leave(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#liveness.stop();
    const { onGone, pacer, charger } = this.#options;
    onGone(code, reason);
    const unsent = pacer?.withdraw(charger);
    this.#rpc.shut();
    // On a socket that is shut it ends at once, as closed.
    unsent?.();
  }

  #onCall(call: IncomingCall): void {
    const { charger, post, surePost, log } = this.#options;
    const { id, action } = call;
    // Whatever an actor takes is journalled.
    const masked = withoutSecrets(call.payload);
    const raw = masked === null ? call.raw : JSON.stringify(masked);
    const transient = masked ?? call.payload;
    const to = `charger/${charger}` as const;
    const { socketId } = this;
    const version = this.#version;
    const data = (
      version === FIRST_VERSION
        ? { socketId, messageId: id, action, raw }
        : { socketId, messageId: id, version, action, raw }
    ) satisfies NorthCalled;
    const result = surePost.hasKept(to)
      ? ({ refused: 'MAILBOX_FULL' } as const)
      : post({ type: 'north.called', from: `north/${charger}`, to, charger, data, transient });
    if (result === 'accepted') return;
    // A command must not wait for an unknown time and then run: the CPMS is told at once, and may ask again.
    const description = 'the controller takes no command now';
    this.#rpc.fail(id, { code: 'InternalError', description, details: {} });
    log.warn({ charger, action, cause: result.refused }, 'command not taken');
  }
}
