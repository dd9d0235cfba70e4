import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxyOptions {
  /** Asked for each new connection. */
  target: () => { host: string; port: number };
  /** Added to everything in each direction; default 0. */
  delayMs?: number;
}

/**
 * A TCP proxy on a loopback port that plays a bad line. `delayMs`, `stalled` and `refusing` may be set at any time;
 * a stalled line keeps its connections open and carries nothing, like a pulled cable, and delivers what has queued up
 * when it is released.
 */
export interface TcpProxy {
  readonly port: number;
  readonly connections: number;
  delayMs: number;
  stalled: boolean;
  /** New connections are reset at once. */
  refusing: boolean;
  /** Resets all connections that are open now. */
  drop(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const line = new Line(options.delayMs ?? 0);
  const server = createServer({ allowHalfOpen: true }, (south) => {
    if (line.refusing) {
      south.on('error', () => {});
      south.resetAndDestroy();
      return;
    }
    line.join(south, connect({ ...options.target(), allowHalfOpen: true }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    get connections() {
      return line.pairs.size;
    },
    get delayMs() {
      return line.delayMs;
    },
    set delayMs(value) {
      line.delayMs = value;
    },
    get stalled() {
      return line.stalled;
    },
    set stalled(value) {
      line.setStalled(value);
    },
    get refusing() {
      return line.refusing;
    },
    set refusing(value) {
      line.refusing = value;
    },
    drop: () => line.drop(),
    close: () =>
      new Promise((resolve) => {
        line.drop();
        server.close(() => resolve());
      }),
  };
}

interface Pair {
  sockets: [Socket, Socket];
  flows: Flow[];
  /** One side was reset; the other learns it when the line carries something again. */
  broken: boolean;
}

class Line {
  readonly pairs = new Set<Pair>();
  stalled = false;
  refusing = false;
  delayMs: number;

  constructor(delayMs: number) {
    this.delayMs = delayMs;
  }

  join(south: Socket, north: Socket): void {
    const flows = [new Flow(south, north, this), new Flow(north, south, this)];
    const pair: Pair = { sockets: [south, north], flows, broken: false };
    this.pairs.add(pair);
    for (const socket of pair.sockets) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', (hadError) => {
        pair.broken ||= hadError;
        this.#settle(pair);
      });
    }
  }

  setStalled(stalled: boolean): void {
    this.stalled = stalled;
    if (stalled) return;
    for (const pair of [...this.pairs]) {
      this.#settle(pair);
      for (const flow of pair.flows) flow.move();
    }
  }

  drop(): void {
    for (const pair of [...this.pairs]) for (const socket of pair.sockets) socket.resetAndDestroy();
    this.pairs.clear();
  }

  #settle(pair: Pair): void {
    if (pair.broken && !this.stalled) for (const socket of pair.sockets) socket.destroy();
    if (pair.sockets.every((socket) => socket.destroyed)) this.pairs.delete(pair);
  }
}

/** One direction of one connection: a queue whose head moves when it is due and the line is not stalled. */
class Flow {
  readonly #queue: Array<{ chunk: Buffer | 'end'; dueAtMs: number }> = [];
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #line: Line;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, line: Line) {
    this.#from = from;
    this.#to = to;
    this.#line = line;
    from.on('data', (chunk: Buffer) => this.#push(chunk));
    from.on('end', () => this.#push('end'));
    to.on('drain', () => this.move());
    to.on('close', () => clearTimeout(this.#timer));
  }

  move(): void {
    clearTimeout(this.#timer);
    while (!this.#line.stalled && !this.#to.destroyed && !this.#to.writableNeedDrain) {
      const head = this.#queue[0];
      if (head === undefined) {
        this.#from.resume();
        return;
      }
      const waitMs = head.dueAtMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.move(), Math.ceil(waitMs));
        return;
      }
      this.#queue.shift();
      if (head.chunk === 'end') this.#to.end();
      else this.#to.write(head.chunk);
    }
    // The sender then fills its own buffers, as before any line that carries nothing.
    this.#from.pause();
  }

  #push(chunk: Buffer | 'end'): void {
    this.#queue.push({ chunk, dueAtMs: performance.now() + this.#line.delayMs });
    if (this.#queue.length === 1 || this.#line.stalled) this.move();
  }
}
