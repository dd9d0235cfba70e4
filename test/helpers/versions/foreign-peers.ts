import type { AddressInfo } from 'node:net';
import { RPCClient, RPCServer } from 'ocpp-rpc';
import type { OcppVersion } from '../../../machines/shared/ocpp-version.ts';
import { type ChargerDriver, chargerDriver } from './charger-driver.ts';
import { type Command, chargerAnswers, cpmsAnswers } from './cpms-commands.ts';
import type { Payload } from './peer-words.ts';
import type { SeenCall } from './transaction-sequence.ts';

type RpcPeer = Pick<RPCClient, 'call' | 'handle' | 'on'>;
type Answers = (action: string, payload: Payload) => Payload;

export const IDENTITY = 'cp-foreign';

/** A charger of `ocpp-rpc`: what it gets must be legal in its version, or its `illegal` grows. */
export class ForeignCharger {
  readonly driver: ChargerDriver;
  readonly commands: SeenCall[] = [];
  readonly illegal: string[] = [];
  readonly #client: RPCClient;

  constructor(version: OcppVersion, endpoint: string) {
    this.#client = new RPCClient({
      endpoint,
      identity: IDENTITY,
      protocols: [`ocpp${version}`],
      strictMode: true,
      reconnect: false,
      // Its types ask for every option, its code for none.
    } as ConstructorParameters<typeof RPCClient>[0]);
    serve(this.#client, this.commands, this.illegal, chargerAnswers);
    this.driver = chargerDriver(version, async (action, payload) => {
      return (await this.#client.call(action, payload)) as Payload;
    });
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  async close(): Promise<void> {
    await this.#client.close({ force: true });
  }
}

/** A CPMS of `ocpp-rpc` that keeps all that it hears, over all its outages, on one port. */
export class ForeignCpms {
  readonly heard: SeenCall[] = [];
  readonly illegal: string[] = [];
  readonly #version: OcppVersion;
  readonly #answers: Answers;
  #server: RPCServer | null = null;
  #station: RpcPeer | null = null;
  #port = 0;

  constructor(version: OcppVersion) {
    this.#version = version;
    this.#answers = cpmsAnswers(version);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/cpms`;
  }

  async comes(): Promise<void> {
    this.#server = new RPCServer({ protocols: [`ocpp${this.#version}`], strictMode: true });
    this.#server.on('client', (station: RpcPeer) => {
      this.#station = station;
      serve(station, this.heard, this.illegal, this.#answers);
    });
    const http = await this.#server.listen(this.#port, '127.0.0.1');
    this.#port = (http.address() as AddressInfo).port;
  }

  async goes(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#station = null;
    await server?.close({ force: true });
  }

  /** Resolves with an answer that is legal in this version; rejects on any other. */
  async command([action, payload]: Command): Promise<Payload> {
    if (!this.#station) throw new Error(`${action}: nobody is connected to the CPMS`);
    return (await this.#station.call(action, payload)) as Payload;
  }

  /** As this CPMS calls the transaction that was started last. */
  get lastTransactionId(): unknown {
    const started = this.heard.findLast(
      ({ action, payload }) => action === 'StartTransaction' || payload.eventType === 'Started',
    );
    if (this.#version === '1.6') return started?.answer.transactionId;
    return (started?.payload.transactionInfo as Payload | undefined)?.transactionId;
  }

  /** Starts of transactions that were heard. */
  get startsHeard(): number {
    return this.heard.filter(
      ({ action, payload }) => action === 'StartTransaction' || payload.eventType === 'Started',
    ).length;
  }

  /** Transactions whose end was heard. */
  get endsHeard(): number {
    return this.heard.filter(
      ({ action, payload }) => action === 'StopTransaction' || payload.eventType === 'Ended',
    ).length;
  }

  /** Samples between the two ends that were heard. */
  get samplesHeard(): number {
    return this.heard.filter(
      ({ action, payload }) => action === 'MeterValues' || payload.eventType === 'Updated',
    ).length;
  }
}

function serve(peer: RpcPeer, seen: SeenCall[], illegal: string[], answers: Answers): void {
  peer.handle(async ({ method, params }) => {
    const action = method ?? '';
    const payload = (params ?? {}) as Payload;
    const answer = answers(action, payload);
    seen.push({ action, payload, answer });
    return answer;
  });
  peer.on('strictValidationFailure', ({ error }: { error: Error }) => void illegal.push(`${error}`));
}
