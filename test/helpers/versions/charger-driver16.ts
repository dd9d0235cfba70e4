import type { ChargerDriver } from './charger-driver.ts';
import { begunStory, type Call, ID_TAG, now, SIGNED } from './peer-words.ts';
import type { TransactionStory } from './transaction-sequence.ts';

export class ChargerDriver16 implements ChargerDriver {
  readonly stories: TransactionStory[] = [];
  transactionId: number | null = null;
  isOffline = false;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  async boot(): Promise<unknown> {
    const boot = { chargePointVendor: 'Foreign', chargePointModel: 'One' };
    return (await this.#call('BootNotification', boot)).status;
  }

  async status(isCharging: boolean): Promise<void> {
    const status = isCharging ? 'Charging' : 'Available';
    await this.#call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
  }

  async authorise(): Promise<unknown> {
    return verdict(await this.#call('Authorize', { idTag: ID_TAG }));
  }

  async start(wh: number): Promise<unknown> {
    const story = begunStory(wh, this.isOffline);
    this.stories.push(story);
    const answer = await this.#call('StartTransaction', {
      connectorId: 1,
      idTag: ID_TAG,
      meterStart: wh,
      timestamp: story.startedAt,
    });
    this.transactionId = answer.transactionId as number;
    return verdict(answer);
  }

  async sample(wh: number): Promise<void> {
    const at = now();
    this.#running().samples.push({ at, wh });
    await this.#sampled(at, { value: `${wh}`, measurand: 'Energy.Active.Import.Register', unit: 'Wh' });
  }

  async sampleSigned(): Promise<void> {
    const at = now();
    this.#running().samples.push({ at, signed: SIGNED });
    await this.#sampled(at, { value: SIGNED, format: 'SignedData' });
  }

  async stop(wh: number): Promise<void> {
    const story = this.#running();
    const { transactionId } = this;
    story.stoppedAt = now();
    story.stopWh = wh;
    story.offline.push(this.isOffline);
    this.transactionId = null;
    const stop = { transactionId, meterStop: wh, timestamp: story.stoppedAt, idTag: ID_TAG, reason: 'Local' };
    await this.#call('StopTransaction', stop);
  }

  async #sampled(timestamp: string, sampledValue: object): Promise<void> {
    this.#running().offline.push(this.isOffline);
    const meterValue = [{ timestamp, sampledValue: [sampledValue] }];
    await this.#call('MeterValues', { connectorId: 1, transactionId: this.transactionId, meterValue });
  }

  #running(): TransactionStory {
    const story = this.stories.at(-1);
    if (!story || this.transactionId === null) throw new Error('no transaction runs');
    return story;
  }
}

function verdict({ idTagInfo }: Record<string, unknown>): unknown {
  return (idTagInfo as { status: string } | undefined)?.status;
}
