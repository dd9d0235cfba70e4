import { FrameTemplate } from './frame-template.ts';

/** What the generator sends: `sample` is MeterValues, `status` a StatusNotification that changes the state. */
export type MessageRow = 'sample' | 'status' | 'heartbeat';

/** The connector whose status alternates; the transaction runs on connector 1. */
const STATUS_CONNECTOR = 2;
const MESSAGE_BYTES = 566;
const NUMBER = '~~~~~~~~~~';
const ENERGY = '~~~~~~~~~';

/**
 * One charger's next frames: every one has a number and content of its own, because the product knows a
 * repeat by its content and would answer it from memory.
 */
export class ChargerMessages {
  readonly #sample: FrameTemplate;
  readonly #statuses: [FrameTemplate, FrameTemplate];
  readonly #heartbeat = new FrameTemplate(`[2,"${NUMBER}","Heartbeat",{}]`);
  #count = 0;
  #isPreparing = false;

  readonly #energyStepWh: number;

  /** The meter advances by `energyStepWh` with each sample. */
  constructor(transactionId: number, timestamp: string, energyStepWh: number) {
    this.#energyStepWh = energyStepWh;
    this.#sample = new FrameTemplate(sampleText(transactionId, timestamp));
    this.#statuses = [
      new FrameTemplate(statusText('Preparing', timestamp)),
      new FrameTemplate(statusText('Available', timestamp)),
    ];
  }

  next(row: MessageRow): Buffer {
    this.#count += 1;
    const template = this.#templateOf(row);
    template.fill(0, this.#count);
    if (row === 'sample') {
      stamp(template, new Date());
      template.fill(5, this.#count * this.#energyStepWh);
    }
    return template.bytes;
  }

  #templateOf(row: MessageRow): FrameTemplate {
    if (row === 'sample') return this.#sample;
    if (row === 'heartbeat') return this.#heartbeat;
    this.#isPreparing = !this.#isPreparing;
    return this.#statuses[this.#isPreparing ? 0 : 1];
  }
}

/** The sample's own time, as a charger writes it anew into each. */
function stamp(template: FrameTemplate, now: Date): void {
  template.fill(1, now.getUTCHours());
  template.fill(2, now.getUTCMinutes());
  template.fill(3, now.getUTCSeconds());
  template.fill(4, now.getUTCMilliseconds());
}

/** The messages that bring a charger to a running transaction; the number is the CALL's id. */
export const setup = {
  boot: (id: number): string =>
    call(id, 'BootNotification', { chargePointVendor: 'Bench', chargePointModel: 'Lean' }),
  status: (id: number, connectorId: number, status: string, timestamp: string): string =>
    call(id, 'StatusNotification', { connectorId, errorCode: 'NoError', status, timestamp }),
  start: (id: number, timestamp: string): string =>
    call(id, 'StartTransaction', { connectorId: 1, idTag: 'BENCH0001', meterStart: 0, timestamp }),
};

function call(id: number, action: string, payload: Record<string, unknown>): string {
  return JSON.stringify([2, `setup-${id}`, action, payload]);
}

/** MeterValues of exactly 566 bytes: six unsigned readings, as a three-phase charger sends them. */
function sampleText(transactionId: number, timestamp: string): string {
  const reading = (value: string, measurand: string, unit: string, phase?: string): string =>
    `{"value":"${value}","measurand":"${measurand}",${phase ? `"phase":"${phase}",` : ''}"unit":"${unit}"}`;
  const readings = [
    reading(ENERGY, 'Energy.Active.Import.Register', 'Wh'),
    reading('16.0', 'Current.Import', 'A', 'L1'),
    reading('16.0', 'Current.Import', 'A', 'L2'),
    reading('16.0', 'Current.Import', 'A', 'L3'),
    reading('230.1', 'Voltage', 'V', 'L1-N'),
  ].join(',');
  const open = `[2,"${NUMBER}","MeterValues",{"connectorId":1,"transactionId":${transactionId},"meterValue":[{`;
  const time = `${timestamp.slice(0, 11)}~~:~~:~~.~~~Z`;
  const close = `"timestamp":"${time}","sampledValue":[${readings}`;
  const last = (value: string): string =>
    `,{"value":"${value}","measurand":"Power.Active.Import","unit":"W"}`;
  const end = ']}]}]';
  const length = open.length + close.length + last('').length + end.length;
  return `${open}${close}${last('11040.'.padEnd(MESSAGE_BYTES - length, '0'))}${end}`;
}

function statusText(status: string, timestamp: string): string {
  return `[2,"${NUMBER}","StatusNotification",{"connectorId":${STATUS_CONNECTOR},"errorCode":"NoError","status":"${status}","timestamp":"${timestamp}"}]`;
}
