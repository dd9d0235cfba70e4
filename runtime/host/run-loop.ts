import type { Clock } from '../clock.ts';
import type { ActorRecord } from './actor-record.ts';
import type { MailItem } from './mail.ts';

interface RunLoopOptions {
  mayRun: () => boolean;
  runTurn: (record: ActorRecord, item: MailItem) => void;
  afterBurst: () => void;
}

/** Fair turns: one envelope per actor and round, in bursts between I/O events. */
export class RunLoop {
  readonly #clock: Clock;
  readonly #options: RunLoopOptions;
  #ready: ActorRecord[] = [];
  #scheduled = false;
  #stopped = false;
  #idle: Array<() => void> = [];

  constructor(clock: Clock, options: RunLoopOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#ready.length === 0;
  }

  /** The actor has something to take. */
  ready(record: ActorRecord): void {
    if (record.queued || record.mailbox.size === 0) return;
    record.queued = true;
    this.#ready.push(record);
    this.wake();
  }

  wake(): void {
    if (this.#scheduled || this.#stopped || this.#ready.length === 0) return;
    this.#scheduled = true;
    this.#clock.defer(() => {
      this.#scheduled = false;
      if (!this.#stopped) this.runBurst();
    });
  }

  runBurst(): void {
    while (this.#ready.length > 0 && this.#options.mayRun()) this.#round();
    this.#options.afterBurst();
    if (this.#ready.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  idle(): Promise<void> {
    return this.isIdle ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #round(): void {
    const round = this.#ready;
    this.#ready = [];
    for (let i = 0; i < round.length; i++) {
      if (!this.#options.mayRun()) {
        this.#ready = [...round.slice(i), ...this.#ready];
        return;
      }
      const record = round[i]!;
      record.queued = false;
      const item = record.mailbox.take();
      if (item) this.#options.runTurn(record, item);
      if (record.mailbox.size > 0 && !record.queued) {
        record.queued = true;
        this.#ready.push(record);
      }
    }
  }
}
