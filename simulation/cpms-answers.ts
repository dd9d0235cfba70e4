import type { CpmsCall, SimulatedCpmsOptions } from './cpms-options.ts';
import { type CallError, isoTime, isPayload, type Payload, textOf } from './ocpp-j.ts';

export type Answer = { payload: Payload } | { error: CallError };

/** Starts whose answer is remembered, so that a repeat does not make a second transaction. Oldest go first. */
const STARTS_MAX = 200_000;

/** What the simulated CPMS says to the CALLs of its stations (OCPP 1.6 with its security extension, OCPP 2.0.1). */
export class CpmsAnswers {
  readonly #options: SimulatedCpmsOptions;
  readonly #lastTransactionId = new Map<string, number>();
  readonly #answeredStarts = new Map<string, Payload>();

  constructor(options: SimulatedCpmsOptions) {
    this.#options = options;
  }

  answer(call: CpmsCall): Answer {
    const error = this.#options.poison?.(call);
    if (error) return { error };
    switch (call.action) {
      case 'BootNotification':
        return this.#boot(call.identity);
      case 'Heartbeat':
        return { payload: { currentTime: isoTime(this.#options.clock.wallMs()) } };
      case 'Authorize':
        return { payload: this.#verdict(call) };
      case 'TransactionEvent':
        return { payload: call.payload.idToken === undefined ? {} : this.#verdict(call) };
      case 'StartTransaction':
        return { payload: this.#start(call) };
      case 'StopTransaction':
        return { payload: call.payload.idTag === undefined ? {} : this.#verdict(call) };
      case 'DataTransfer':
        return { payload: { status: 'UnknownVendorId' } };
      case 'SignCertificate':
        return { payload: { status: 'Rejected' } };
      case 'MeterValues':
      case 'StatusNotification':
      case 'FirmwareStatusNotification':
      case 'DiagnosticsStatusNotification':
      case 'SecurityEventNotification':
      case 'LogStatusNotification':
      case 'SignedFirmwareStatusNotification':
      case 'NotifyEvent':
      case 'NotifyReport':
        return { payload: {} };
      default:
        return { error: { code: 'NotImplemented', description: `${call.action} is not known here` } };
    }
  }

  #boot(identity: string): Answer {
    return {
      payload: {
        status: this.#options.bootStatus?.(identity) ?? 'Accepted',
        currentTime: isoTime(this.#options.clock.wallMs()),
        interval: this.#options.heartbeatIntervalSeconds ?? 60,
      },
    };
  }

  /** A repeat of the same bytes gets the same answer; a refused start gets id 0, as a real CPMS was seen to do. */
  #start(call: CpmsCall): Payload {
    const key = `${call.identity} ${call.raw}`;
    const earlier = this.#answeredStarts.get(key);
    if (earlier) return earlier;
    const status = this.#statusOf(textOf(call.payload.idTag));
    const transactionId = status === 'Accepted' ? this.#nextTransactionId(call.identity) : 0;
    const answer = { transactionId, idTagInfo: { status } };
    this.#answeredStarts.set(key, answer);
    if (this.#answeredStarts.size > STARTS_MAX)
      this.#answeredStarts.delete(this.#answeredStarts.keys().next().value!);
    return answer;
  }

  #nextTransactionId(identity: string): number {
    const counter = this.#options.transactionIds === 'global' ? '' : identity;
    const next = (this.#lastTransactionId.get(counter) ?? 0) + 1;
    this.#lastTransactionId.set(counter, next);
    return next;
  }

  /** In the words of the station's version. */
  #verdict({ version, payload }: CpmsCall): Payload {
    const { idTag, idToken } = payload;
    if (version === '1.6') return { idTagInfo: { status: this.#statusOf(textOf(idTag)) } };
    const token = isPayload(idToken) ? textOf(idToken.idToken) : null;
    return { idTokenInfo: { status: this.#statusOf(token) } };
  }

  #statusOf(idTag: string | null): string {
    return this.#options.idTags?.get(idTag ?? '') ?? 'Accepted';
  }
}
