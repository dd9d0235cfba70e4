import { once } from 'node:events';
import { WebSocket } from 'ws';

const ANSWER_TIMEOUT_MS = 15_000;

/** A charger that sends and gets frames as texts, on plain `ws`: nothing is parsed but what a frame answers. */
export class RawCharger {
  /** CALLs that came, as they came. */
  readonly commands: string[] = [];
  /** Payload text by action, for the answer to a CALL; other CALLs are answered with `{"status":"Accepted"}`. */
  readonly answers = new Map<string, string>();
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (raw: string) => void>();
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#received(String(data)));
  }

  static async connect(southUrl: string, identity: string): Promise<RawCharger> {
    const socket = new WebSocket(`${southUrl}/${identity}`, ['ocpp1.6']);
    const charger = new RawCharger(socket);
    await once(socket, 'open');
    return charger;
  }

  /** Sends a CALL with this text as its payload; gives the frame that answers it, as it came. */
  call(action: string, payloadText: string): Promise<string> {
    const messageId = `raw-${++this.#calls}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${action}`)), ANSWER_TIMEOUT_MS);
      this.#waiting.set(messageId, (raw) => {
        clearTimeout(timer);
        resolve(raw);
      });
      this.#socket.send(`[ 2,\t"${messageId}" , "${action}",  ${payloadText} ]`);
    });
  }

  close(): void {
    this.#socket.terminate();
  }

  #received(raw: string): void {
    const [type, messageId, action] = JSON.parse(raw) as [number, string, string];
    if (type === 2) {
      this.commands.push(raw);
      const answer = this.answers.get(action) ?? '{"status":"Accepted"}';
      this.#socket.send(`[3, ${JSON.stringify(messageId)}, ${answer}]`);
      return;
    }
    this.#waiting.get(messageId)?.(raw);
    this.#waiting.delete(messageId);
  }
}
