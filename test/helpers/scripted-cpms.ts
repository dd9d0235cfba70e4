import type { FrameSocket } from '../../adapters/ocpp/frame-socket.ts';
import type { Dialer } from '../../adapters/ocpp-north/dialer.ts';
import { CpmsAnswers } from '../../simulation/cpms-answers.ts';
import type { CpmsCall, SimulatedCpmsOptions } from '../../simulation/cpms-options.ts';
import { createMemoryLink } from '../../simulation/memory-link.ts';
import type { Payload } from '../../simulation/ocpp-j.ts';
import type { VirtualClock } from '../../simulation/virtual-clock.ts';
import { type Life, mortalSocket } from './crash-world/life.ts';

const DIAL_MS = 5;
const ANSWER_MS = 20;

/** The simulated CPMS's answers behind in-memory links: verdicts per tag, poison messages, and it can go away. */
export class ScriptedCpms {
  readonly calls: CpmsCall[] = [];
  isAway = false;
  /** CALLs that it never answers (`hang`), or hangs up on. */
  chokesOn: (call: CpmsCall) => 'hang' | 'hangUp' | null = () => null;
  readonly #clock: VirtualClock;
  readonly #answers: CpmsAnswers;
  readonly #sockets = new Set<FrameSocket>();
  #connections = 0;

  constructor(options: Omit<SimulatedCpmsOptions, 'clock'> & { clock: VirtualClock }) {
    this.#clock = options.clock;
    this.#answers = new CpmsAnswers(options);
  }

  goAway(): void {
    this.isAway = true;
    for (const socket of this.#sockets) socket.terminate();
  }

  /** A dialer for one life of the product. */
  dialer(life: Life): Dialer {
    return {
      dial: (_backend, identity, done) => {
        this.#clock.setTimer(DIAL_MS, () => {
          if (life.isOver) return;
          if (this.isAway) {
            done({ kind: 'failed', cause: 'tcp', detail: 'connection refused' });
            return;
          }
          const [ours, theirs] = createMemoryLink({ clock: this.#clock }).ends;
          this.#serve(identity, ours);
          done({ kind: 'opened', socket: mortalSocket(theirs, life), subprotocol: 'ocpp1.6' });
        });
        return { abort: () => {} };
      },
    };
  }

  #serve(identity: string, socket: FrameSocket): void {
    const connection = ++this.#connections;
    this.#sockets.add(socket);
    socket.onClose(() => this.#sockets.delete(socket));
    socket.onText((raw) => {
      const [kind, messageId, action, payload] = JSON.parse(raw) as [number, string, string, Payload];
      if (kind !== 2) return;
      const receivedAtMs = this.#clock.wallMs();
      const call: CpmsCall = {
        ...{ identity, connection, messageId, action, payload, raw, receivedAtMs },
        version: '1.6',
        outcome: 'none',
        answer: null,
      };
      this.calls.push(call);
      this.#clock.setTimer(ANSWER_MS, () => this.#answer(socket, call));
    });
  }

  #answer(socket: FrameSocket, call: CpmsCall): void {
    if (!this.#sockets.has(socket)) return;
    const choke = this.chokesOn(call);
    if (choke === 'hangUp') socket.terminate();
    if (choke !== null) return;
    const answer = this.#answers.answer(call);
    if ('error' in answer) {
      call.outcome = 'error';
      const { code, description } = answer.error;
      socket.send(JSON.stringify([4, call.messageId, code, description, {}]));
    } else {
      call.outcome = 'result';
      call.answer = answer.payload;
      socket.send(JSON.stringify([3, call.messageId, answer.payload]));
    }
  }
}
