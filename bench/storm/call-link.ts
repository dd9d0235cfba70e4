import type { WebSocket } from 'ws';

export type Payload = Record<string, unknown>;

/** The peer answered a CALL with an error. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
}

/** The socket went before the answer came. */
export class LinkGone extends Error {
  override readonly name = 'LinkGone';
}

interface Awaited {
  id: string;
  resolve(payload: Payload): void;
  reject(error: Error): void;
}

/** A charger's side of OCPP-J on one open socket, written from the standard alone: one CALL at a time. */
export class CallLink {
  readonly #socket: WebSocket;
  #awaited: Awaited | null = null;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#received(String(data)));
    socket.on('close', () => {
      this.#awaited?.reject(new LinkGone('the socket closed'));
      this.#awaited = null;
    });
  }

  /** Rejects with {@link CallRefused} or {@link LinkGone}. */
  call(id: string, action: string, payload: Payload): Promise<Payload> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== this.#socket.OPEN) {
        reject(new LinkGone('the socket is not open'));
        return;
      }
      this.#awaited = { id, resolve, reject };
      this.#socket.send(JSON.stringify([2, id, action, payload]));
    });
  }

  #received(text: string): void {
    const [kind, id, third] = JSON.parse(text) as [number, string, unknown];
    if (kind === 2) {
      this.#socket.send(JSON.stringify([3, id, answerTo(String(third))]));
      return;
    }
    const awaited = this.#awaited;
    if (awaited === null || awaited.id !== id) return;
    this.#awaited = null;
    if (kind === 3) awaited.resolve(third as Payload);
    else awaited.reject(new CallRefused(text.slice(0, 200)));
  }
}

/** Whatever the controller asks for is accepted at once. */
function answerTo(action: string): Payload {
  return action === 'GetConfiguration' ? { configurationKey: [], unknownKey: [] } : { status: 'Accepted' };
}
