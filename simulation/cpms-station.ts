import type { WebSocket } from 'ws';
import type { OcppVersion } from '../machines/shared/ocpp-version.ts';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import { type CallError, callFrame, type Frame, type Payload } from './ocpp-j.ts';

/** How a command to a station ended. */
export type CommandOutcome =
  | { kind: 'result'; payload: Payload }
  | { kind: 'error'; error: CallError }
  | { kind: 'timeout' }
  | { kind: 'notConnected' };

interface Pending {
  messageId: string;
  resolve: (outcome: CommandOutcome) => void;
  timer: TimerHandle;
}

interface Waiting {
  action: string;
  payload: Payload;
  timeoutMs: number;
  resolve: (outcome: CommandOutcome) => void;
}

/** Commands in waiting per station; beyond it a new one counts as `notConnected`. */
const COMMANDS_MAX = 100;

/** One station's socket as the CPMS sees it: one command in flight. */
export class CpmsStation {
  readonly identity: string;
  readonly version: OcppVersion;
  readonly connection: number;
  /** CALLs of the station that wait for their answer. */
  unanswered = 0;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #waiting: Waiting[] = [];
  #pending: Pending | null = null;
  #commands = 0;

  constructor(identity: string, version: OcppVersion, connection: number, socket: WebSocket, clock: Clock) {
    this.identity = identity;
    this.version = version;
    this.connection = connection;
    this.#socket = socket;
    this.#clock = clock;
  }

  get hasCommandPending(): boolean {
    return this.#pending !== null;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  command(action: string, payload: Payload, timeoutMs: number): Promise<CommandOutcome> {
    return new Promise((resolve) => {
      if (!this.isOpen || this.#waiting.length >= COMMANDS_MAX) {
        resolve({ kind: 'notConnected' });
        return;
      }
      this.#waiting.push({ action, payload, timeoutMs, resolve });
      this.#sendNext();
    });
  }

  answered(frame: Exclude<Frame, { kind: 'call' | 'unreadable' }>): void {
    if (this.#pending?.messageId !== frame.messageId) return;
    if (frame.kind === 'result') this.#finish({ kind: 'result', payload: frame.payload });
    else this.#finish({ kind: 'error', error: { code: frame.code, description: frame.description } });
  }

  closed(): void {
    const waiting = this.#waiting.splice(0);
    this.#finish({ kind: 'notConnected' });
    for (const { resolve } of waiting) resolve({ kind: 'notConnected' });
  }

  #sendNext(): void {
    const next = this.#pending ? undefined : this.#waiting.shift();
    if (!next) return;
    const messageId = `cpms-${this.connection}-${++this.#commands}`;
    const timer = this.#clock.setTimer(next.timeoutMs, () => this.#finish({ kind: 'timeout' }));
    this.#pending = { messageId, resolve: next.resolve, timer };
    this.send(callFrame(messageId, next.action, next.payload));
  }

  #finish(outcome: CommandOutcome): void {
    if (!this.#pending) return;
    const { resolve, timer } = this.#pending;
    this.#clock.clearTimer(timer);
    this.#pending = null;
    resolve(outcome);
    this.#sendNext();
  }
}
