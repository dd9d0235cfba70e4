import { randomUUID } from 'node:crypto';
import type { ChargerDriver } from './charger-driver.ts';
import { begunStory, type Call, ID_TAG, now, type Payload, SIGNED } from './peer-words.ts';
import type { TransactionStory } from './transaction-sequence.ts';

const TOKEN = { idToken: ID_TAG, type: 'Central' };
const SIGNING = { signingMethod: 'ECDSA-secp256r1-SHA256', encodingMethod: 'OCMF', publicKey: '3059' };
const MEASURAND = 'Energy.Active.Import.Register';

export class ChargerDriver201 implements ChargerDriver {
  readonly stories: TransactionStory[] = [];
  transactionId: string | null = null;
  isOffline = false;
  readonly #call: Call;
  #lastWh = 0;
  #seqNo = 0;

  constructor(call: Call) {
    this.#call = call;
  }

  async boot(): Promise<unknown> {
    const chargingStation = { vendorName: 'Foreign', model: 'Two' };
    return (await this.#call('BootNotification', { chargingStation, reason: 'PowerUp' })).status;
  }

  async status(isCharging: boolean): Promise<void> {
    const connectorStatus = isCharging ? 'Occupied' : 'Available';
    await this.#call('StatusNotification', { timestamp: now(), connectorStatus, evseId: 1, connectorId: 1 });
  }

  async authorise(): Promise<unknown> {
    return verdict(await this.#call('Authorize', { idToken: TOKEN }));
  }

  async start(wh: number): Promise<unknown> {
    const story = begunStory(wh, this.isOffline);
    this.stories.push(story);
    this.transactionId = randomUUID();
    this.#seqNo = 0;
    const evse = { id: 1, connectorId: 1 };
    const words = { eventType: 'Started', triggerReason: 'Authorized', idToken: TOKEN, evse };
    return verdict(await this.#event(story.startedAt, wh, 'Transaction.Begin', words));
  }

  async sample(wh: number): Promise<void> {
    const at = now();
    this.#running().samples.push({ at, wh });
    await this.#updated(at, wh, {});
  }

  async sampleSigned(): Promise<void> {
    const at = now();
    this.#running().samples.push({ at, wh: this.#lastWh, signed: SIGNED });
    await this.#updated(at, this.#lastWh, { signedMeterValue: { signedMeterData: SIGNED, ...SIGNING } });
  }

  async stop(wh: number): Promise<void> {
    const story = this.#running();
    story.stoppedAt = now();
    story.stopWh = wh;
    story.offline.push(this.isOffline);
    const words = { eventType: 'Ended', triggerReason: 'StopAuthorized', idToken: TOKEN };
    const sent = this.#event(story.stoppedAt, wh, 'Transaction.End', words, {}, { stoppedReason: 'Local' });
    this.transactionId = null;
    await sent;
  }

  async #updated(at: string, wh: number, sampled: Payload): Promise<void> {
    this.#running().offline.push(this.isOffline);
    const words = { eventType: 'Updated', triggerReason: 'MeterValuePeriodic' };
    await this.#event(at, wh, 'Sample.Periodic', words, sampled);
  }

  /** The charger's own line stands throughout, so it never says `offline` itself. */
  #event(
    timestamp: string,
    wh: number,
    context: string,
    words: Payload,
    sampled: Payload = {},
    info: Payload = {},
  ): Promise<Payload> {
    this.#lastWh = wh;
    return this.#call('TransactionEvent', {
      timestamp,
      seqNo: this.#seqNo++,
      transactionInfo: { transactionId: this.transactionId, ...info },
      meterValue: [{ timestamp, sampledValue: [{ value: wh, context, measurand: MEASURAND, ...sampled }] }],
      ...words,
    });
  }

  #running(): TransactionStory {
    const story = this.stories.at(-1);
    if (!story || this.transactionId === null) throw new Error('no transaction runs');
    return story;
  }
}

function verdict({ idTokenInfo }: Payload): unknown {
  return (idTokenInfo as { status: string } | undefined)?.status;
}
