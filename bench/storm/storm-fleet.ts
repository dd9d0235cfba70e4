import { Prng } from '../../simulation/prng.ts';
import type { RosterCharger } from './roster.ts';
import { StormCharger } from './storm-charger.ts';

export interface StormFleetOptions {
  roster: readonly RosterCharger[];
  port: number;
  /** What the chargers trust, PEM. */
  certificate: string;
}

/** One storm as the chargers saw it. */
export interface StormRound {
  /** Milliseconds from the cut to the open socket, of each sound charger that booted. */
  openedMs: number[];
  /** Milliseconds from the cut to the accepted BootNotification, of each sound charger that got that far. */
  bootedMs: number[];
  /** Milliseconds from the cut until nobody kept a message any more; null: some still did when patience ended. */
  answeredMs: number | null;
  /** Bad chargers whose socket was opened. */
  badLetIn: number;
  /** Dials of sound chargers that came to nothing, by cause. */
  soundRefusals: Record<string, number>;
  /** Dials of bad chargers. */
  badDials: number;
  /** CALLERRORs to sound chargers. */
  errors: number;
}

/** Set-up dials under way at once; what is measured is the storm. */
const OPENING_AT_ONCE = 20;
const OPENING_TIMEOUT_MS = 90_000;
/** Sent this long before the cut, so that some are read and not yet answered, and some are lost on the way. */
const LAST_WORDS_MS = 30;
/** What each sound charger takes down while it is away. */
const SAMPLES_AWAY = 3;
const PATIENCE_MS = 60_000;
const POLL_MS = 5;

/** Chargers behind one address whose router restarts. */
export class StormFleet {
  readonly #chargers: readonly StormCharger[];
  readonly #sound: readonly StormCharger[];
  readonly #bad: readonly StormCharger[];

  constructor({ roster, port, certificate }: StormFleetOptions) {
    const random = new Prng(1);
    this.#chargers = roster.map(
      (charger) => new StormCharger({ charger, port, certificate, random: random.split(charger.id) }),
    );
    this.#sound = this.#chargers.filter(({ isSound }) => isSound);
    this.#bad = this.#chargers.filter(({ isSound }) => !isSound);
  }

  /** The sound chargers come in, few at a time, and start their transactions. */
  async open(): Promise<void> {
    const queue = [...this.#sound];
    const worker = async (): Promise<void> => {
      for (let charger = queue.shift(); charger !== undefined; charger = queue.shift()) {
        const { id } = charger;
        charger.dial();
        await until(() => charger.hasTransaction, OPENING_TIMEOUT_MS).catch(() => {
          throw new Error(`${id} had no transaction after ${OPENING_TIMEOUT_MS} ms: ${told(charger)}`);
        });
      }
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, worker));
  }

  /** All sockets are cut at once, and everybody dials at that moment, good and bad. */
  async storm(): Promise<StormRound> {
    for (const charger of this.#chargers) charger.refusals.clear();
    const errorsBefore = this.#errors;
    const badDialsBefore = sum(this.#bad, ({ dials }) => dials);
    for (const charger of this.#sound) charger.takeSamples(1);
    await sleep(LAST_WORDS_MS);
    const cutAtMs = performance.now();
    for (const charger of this.#sound) {
      charger.cut();
      charger.takeSamples(SAMPLES_AWAY);
    }
    for (const charger of this.#chargers) charger.dial();
    const isAnswered = (): boolean =>
      this.#sound.every(({ bootedAtMs, waiting }) => bootedAtMs !== null && waiting === 0);
    const inTime = await until(isAnswered, PATIENCE_MS).then(
      () => true,
      () => false,
    );
    const answeredMs = inTime ? performance.now() - cutAtMs : null;
    for (const charger of this.#bad) charger.cut();
    const booted = this.#sound.filter(({ bootedAtMs }) => bootedAtMs !== null);
    return {
      openedMs: booted.map(({ openedAtMs }) => openedAtMs - cutAtMs),
      bootedMs: booted.map(({ bootedAtMs }) => Number(bootedAtMs) - cutAtMs),
      answeredMs,
      badLetIn: this.#bad.filter(({ wasLetIn }) => wasLetIn).length,
      soundRefusals: refusalsOf(this.#sound),
      badDials: sum(this.#bad, ({ dials }) => dials) - badDialsBefore,
      errors: this.#errors - errorsBefore,
    };
  }

  /** Every sample that a sound charger ever took, as {@link sampleKey}. */
  taken(): string[] {
    return this.#sound.flatMap(({ id, readingsWh }) => readingsWh.map((wh) => sampleKey(id, wh)));
  }

  close(): void {
    for (const charger of this.#chargers) charger.cut();
  }

  get #errors(): number {
    return sum(this.#sound, ({ errors }) => errors);
  }
}

/** One sample in all the run: charger and meter reading. */
export function sampleKey(charger: string, readingWh: number | string): string {
  return `${charger} ${readingWh}`;
}

function refusalsOf(chargers: readonly StormCharger[]): Record<string, number> {
  const causes: Record<string, number> = {};
  for (const { refusals } of chargers)
    for (const [cause, count] of refusals) causes[cause] = (causes[cause] ?? 0) + count;
  return causes;
}

function told({ dials, refusals }: StormCharger): string {
  return `${dials} dials, ${[...refusals].map(([cause, count]) => `${count} × ${cause}`).join(', ')}`;
}

function sum(chargers: readonly StormCharger[], countOf: (charger: StormCharger) => number): number {
  return chargers.reduce((total, charger) => total + countOf(charger), 0);
}

async function until(isTrue: () => boolean, timeoutMs: number): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms`);
    await sleep(POLL_MS);
  }
}

function sleep(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
