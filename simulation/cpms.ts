import type { IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { FIRST_VERSION, type OcppVersion } from '../machines/shared/ocpp-version.ts';
import { BoundedLog } from './bounded-log.ts';
import { CpmsAnswers } from './cpms-answers.ts';
import type { CpmsCall, Outage, SimulatedCpmsOptions } from './cpms-options.ts';
import { type CommandOutcome, CpmsStation } from './cpms-station.ts';
import { errorFrame, type Payload, readFrame, resultFrame } from './ocpp-j.ts';

const CALLS_MAX = 1_000_000;
const COMMAND_TIMEOUT_MS = 30_000;
const HOST = '127.0.0.1';

/** A CPMS for OCPP 1.6J and 2.0.1 on loopback: any station may come, everything is recorded, and it can go away. */
export class SimulatedCpms {
  readonly #options: SimulatedCpmsOptions;
  readonly #answers: CpmsAnswers;
  readonly #calls = new BoundedLog<CpmsCall>(CALLS_MAX);
  readonly #outages: Outage[] = [];
  readonly #stations = new Map<string, CpmsStation>();
  #server: WebSocketServer | null = null;
  #port: number;
  #connections = 0;
  #isFrozen = false;

  constructor(options: SimulatedCpmsOptions) {
    this.#options = options;
    this.#answers = new CpmsAnswers(options);
    this.#port = options.port ?? 0;
  }

  /** Every CALL that came, oldest first. */
  get calls(): readonly CpmsCall[] {
    if (this.#calls.dropped > 0) throw new RangeError('more CALLs than the CPMS can record');
    return this.#calls.entries;
  }

  get outages(): readonly Readonly<Outage>[] {
    return this.#outages;
  }

  /** Known after `start`. */
  get url(): string {
    return `ws://${HOST}:${this.#port}/ocpp`;
  }

  get port(): number {
    return this.#port;
  }

  /** Identities with an open socket. */
  get connected(): readonly string[] {
    return [...this.#stations.keys()];
  }

  start(): Promise<void> {
    return this.#listen();
  }

  /** The listener and all sockets vanish, without a goodbye. */
  async goAway(): Promise<void> {
    this.#beginOutage();
    await this.#shut();
  }

  /** Listens again on the same port. */
  async comeBack(): Promise<void> {
    await this.#listen();
    this.#endOutage();
  }

  /** Sockets are accepted and read, nothing is answered. */
  freeze(): void {
    this.#beginOutage();
    this.#isFrozen = true;
  }

  /** Answers what comes from now on; what came while frozen stays unanswered. */
  thaw(): void {
    this.#isFrozen = false;
    this.#endOutage();
  }

  async stop(): Promise<void> {
    await this.#shut();
  }

  /** Sends a command to a station and resolves with what came of it; it never rejects. */
  call(
    identity: string,
    action: string,
    payload: Payload,
    timeoutMs = COMMAND_TIMEOUT_MS,
  ): Promise<CommandOutcome> {
    const station = this.#stations.get(identity);
    return station ? station.command(action, payload, timeoutMs) : Promise.resolve({ kind: 'notConnected' });
  }

  #beginOutage(): void {
    if (this.#outages.at(-1)?.toMs === null) return;
    this.#outages.push({ fromMs: this.#options.clock.wallMs(), toMs: null });
  }

  #endOutage(): void {
    const last = this.#outages.at(-1);
    if (last) last.toMs ??= this.#options.clock.wallMs();
  }

  async #listen(): Promise<void> {
    if (this.#server) return;
    const server = new WebSocketServer({
      host: HOST,
      port: this.#port,
      perMessageDeflate: false,
      handleProtocols: (offered, request) => {
        const name = `ocpp${this.#versionOf(identityOf(request.url ?? '/') ?? '')}`;
        return offered.has(name) ? name : false;
      },
    });
    this.#server = server;
    server.on('connection', (socket, request) => this.#connected(socket, request));
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    const address = server.address();
    if (typeof address === 'object' && address) this.#port = address.port;
  }

  async #shut(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    for (const socket of server.clients) socket.terminate();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }

  #connected(socket: WebSocket, request: IncomingMessage): void {
    const identity = identityOf(request.url ?? '/');
    if (identity === null) {
      socket.terminate();
      return;
    }
    const version = this.#versionOf(identity);
    const station = new CpmsStation(identity, version, ++this.#connections, socket, this.#options.clock);
    // The newest socket of a station counts.
    this.#stations.get(identity)?.terminate();
    this.#stations.set(identity, station);
    socket.on('message', (data) => this.#received(station, String(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (this.#stations.get(identity) === station) this.#stations.delete(identity);
      station.closed();
    });
  }

  #received(station: CpmsStation, raw: string): void {
    const frame = readFrame(raw);
    if (frame.kind === 'unreadable') return;
    if (frame.kind !== 'call') {
      station.answered(frame);
      return;
    }
    const call: CpmsCall = {
      identity: station.identity,
      connection: station.connection,
      version: station.version,
      messageId: frame.messageId,
      action: frame.action,
      payload: frame.payload,
      raw,
      receivedAtMs: this.#options.clock.wallMs(),
      outcome: 'none',
      answer: null,
    };
    this.#calls.push(call);
    if (this.#isFrozen) return;
    const isBusy = station.unanswered > 0 || station.hasCommandPending;
    if (this.#options.refusePipelined && isBusy) this.#refuse(station, call);
    else this.#answerLater(station, call);
  }

  #versionOf(identity: string): OcppVersion {
    return this.#options.versionOf?.(identity) ?? FIRST_VERSION;
  }

  #refuse(station: CpmsStation, call: CpmsCall): void {
    call.outcome = 'error';
    station.send(
      errorFrame(call.messageId, { code: 'RpcFrameworkError', description: 'Call already in progress' }),
    );
  }

  #answerLater(station: CpmsStation, call: CpmsCall): void {
    station.unanswered += 1;
    const delayMs = this.#options.answerDelayMs ?? 0;
    if (delayMs > 0) this.#options.clock.setTimer(delayMs, () => this.#answer(station, call));
    else this.#answer(station, call);
  }

  #answer(station: CpmsStation, call: CpmsCall): void {
    station.unanswered -= 1;
    // What went down with its socket was not taken in: the station will send it again.
    if (!station.isOpen || this.#isFrozen) return;
    const answer = this.#answers.answer(call);
    if ('error' in answer) {
      call.outcome = 'error';
      station.send(errorFrame(call.messageId, answer.error));
      return;
    }
    call.outcome = 'result';
    call.answer = answer.payload;
    station.send(resultFrame(call.messageId, answer.payload));
  }
}

/** The last segment of the path; null when it cannot be decoded. */
function identityOf(url: string): string | null {
  try {
    return decodeURIComponent(new URL(url, 'ws://cpms').pathname.split('/').at(-1) ?? '');
  } catch {
    return null;
  }
}
