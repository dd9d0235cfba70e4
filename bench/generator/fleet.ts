import { Histogram } from '../histogram.ts';
import { chargerName } from './charger-name.ts';
import { LeanCharger, type PeerKind } from './lean-charger.ts';
import type { MessageRow } from './messages.ts';

export interface FleetOptions {
  port: number;
  chargers: number;
  /** Number of the first charger. */
  first: number;
  peer: PeerKind;
  /** By how much a charger's meter advances with each sample. */
  energyStepWh: number;
}

/** What the chargers saw since the last mark. */
export interface FleetFigures {
  answers: number;
  errors: number;
  elapsedMicros: number;
  latency: Histogram;
}

/** How often one charger says what in the paced run, in milliseconds. */
export type Pace = Readonly<Record<MessageRow, number>>;

/** Sockets opened and set up at the same time; more would only queue at the server. */
const SETUP_AT_ONCE = 50;
/** Chargers that wait for an answer when a run is halted get it within this, or the run failed. */
const HALT_TIMEOUT_MS = 30_000;

export class Fleet {
  readonly #chargers: LeanCharger[] = [];
  readonly #options: FleetOptions;
  readonly #latency = new Histogram();
  #row: MessageRow | undefined;
  #errors = 0;
  #answers = 0;
  #markedAtMicros = 0;
  #failure: Error | undefined;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Connects all chargers; those of an `ocpp` peer boot and start a transaction, if asked to. */
  async open(startTransactions: boolean): Promise<void> {
    let opened = 0;
    const worker = async (): Promise<void> => {
      while (opened < this.#options.chargers) {
        const charger = this.#connect(this.#options.first + opened);
        opened += 1;
        await charger.opened();
        if (startTransactions) await charger.startTransaction();
      }
    };
    await Promise.all(Array.from({ length: SETUP_AT_ONCE }, worker));
    this.#assertSound();
  }

  /** Every charger sends, and sends again when it is answered. */
  begin(row: MessageRow): void {
    this.#row = row;
    for (const charger of this.#chargers) this.#send(charger);
    this.mark();
  }

  /** Figures since the last mark; counting starts anew. */
  mark(): FleetFigures {
    this.#assertSound();
    const now = nowMicros();
    const figures = {
      answers: this.#answers,
      errors: this.#errors,
      elapsedMicros: now - this.#markedAtMicros,
      latency: new Histogram(this.#latency.toCounts()),
    };
    this.#markedAtMicros = now;
    this.#answers = 0;
    this.#errors = 0;
    this.#latency.clear();
    return figures;
  }

  /** Nothing more is sent; resolves when all are answered. */
  async halt(): Promise<void> {
    this.#row = undefined;
    const deadline = nowMicros() + HALT_TIMEOUT_MS * 1_000;
    while (this.#chargers.some((charger) => charger.isWaiting)) {
      this.#assertSound();
      if (nowMicros() > deadline) throw new Error('chargers are still waiting for their answers');
      await sleep(5);
    }
  }

  /** Sends at the pace of a real site, evenly spread over the chargers, for `forMs`. */
  async pace(pace: Pace, forMs: number): Promise<void> {
    const endsAtMicros = nowMicros() + forMs * 1_000;
    const rows = Object.entries(pace) as Array<[MessageRow, number]>;
    const due = rows.flatMap(([row, everyMs], rowNo) =>
      this.#chargers.map((charger, no) => {
        // The rows are shifted against each other, as nobody's clocks agree.
        const share = ((no + 0.5) / this.#chargers.length + rowNo / rows.length) % 1;
        return { charger, row, everyMs, atMicros: nowMicros() + everyMs * share * 1_000 };
      }),
    );
    while (nowMicros() < endsAtMicros) {
      for (const item of due) {
        if (item.atMicros > nowMicros() || item.charger.isWaiting) continue;
        item.atMicros += item.everyMs * 1_000;
        item.charger.send(item.row);
      }
      await sleep(5);
    }
    await this.halt();
  }

  close(): void {
    for (const charger of this.#chargers) charger.close();
  }

  #connect(no: number): LeanCharger {
    const charger = new LeanCharger({
      identity: chargerName(no),
      port: this.#options.port,
      peer: this.#options.peer,
      energyStepWh: this.#options.energyStepWh,
      onAnswer: (answered, isError) => this.#answered(answered, isError),
      onLost: (lost, why) => this.#fail(new Error(`${lost.identity} lost its socket: ${why}`)),
    });
    this.#chargers.push(charger);
    return charger;
  }

  #send(charger: LeanCharger): void {
    charger.sentAtMicros = nowMicros();
    charger.send(this.#row!);
  }

  #answered(charger: LeanCharger, isError: boolean): void {
    if (isError) this.#errors += 1;
    this.#answers += 1;
    this.#latency.add(nowMicros() - charger.sentAtMicros);
    if (this.#row !== undefined) this.#send(charger);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
  }

  #assertSound(): void {
    if (this.#failure) throw this.#failure;
  }
}

function nowMicros(): number {
  return performance.now() * 1_000;
}

function sleep(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
