import { FIRST_VERSION } from '../../machines/shared/ocpp-version.ts';
import { type ChargerIdentity, identityIn } from '../../machines/shared/quirks/identity.ts';
import { utcReader } from '../../machines/shared/quirks/local-time.ts';
import { mendedPayload } from '../../machines/shared/quirks/mend.ts';
import { type OwnQuirks, packsFor, repairsFor } from '../../machines/shared/quirks/packs.ts';
import type { QuirkFacts } from '../../machines/shared/quirks/repair.ts';
import {
  REPAIRS,
  type RepairName,
  type RepairStep,
  stepsByAction,
} from '../../machines/shared/quirks/repairs.ts';
import { hasDoubledKeys } from '../../machines/shared/raw-json.ts';
import { rewritten } from '../../machines/shared/raw-rewrite.ts';
import type { Log } from '../../runtime/log.ts';
import type { Payload } from '../ocpp/frame.ts';
import type { CallMender, IncomingCall } from '../ocpp/rpc.ts';
import type { Validator } from '../ocpp/validate.ts';

/** What is known of the site and its chargers. */
export interface QuirkSource {
  /** IANA name of the zone that the clocks of the site show. */
  timeZone: string;
  /** The site file's word on a charger. */
  ownOf(charger: string): OwnQuirks;
  /** What it told of itself when it booted last; null: it never did. */
  identityOf(charger: string): ChargerIdentity | null;
  /** Whether that id names a transaction of the charger, or one is open on the connector. */
  isOfTransaction(charger: string, connector: number, transactionId: number): boolean;
}

/** What is repaired for one charger. */
export interface QuirkStatus {
  /** Names of the packs that fit it. */
  packs: string[];
  /** Repairs in force; empty where the site file says `none`. */
  repairs: RepairName[];
  /** Messages that each repair changed since the process began. */
  repaired: Partial<Record<RepairName, number>>;
}

const NOTHING_KNOWN: QuirkSource = {
  timeZone: 'UTC',
  ownOf: () => [],
  identityOf: () => null,
  // The safe reading: what may belong to a transaction is left alone.
  isOfTransaction: () => true,
};

/** Which repairs each charger gets, and how often they were needed. */
export class QuirkDesk {
  readonly #source: QuirkSource;
  readonly #log: Log;
  readonly #utcOf: QuirkFacts['utcOf'];
  /** By charger; only of those that needed a repair. */
  readonly #counts = new Map<string, Map<RepairName, number>>();

  constructor({ quirks = NOTHING_KNOWN, log }: { quirks?: QuirkSource; log: Log }) {
    this.#source = quirks;
    this.#log = log;
    this.#utcOf = utcReader(quirks.timeZone);
  }

  /** For one socket of a charger; the validator is that of its version. */
  menderFor(charger: string, validator: Validator): ChargerMender {
    return new ChargerMender({
      own: this.#source.ownOf(charger),
      identity: this.#source.identityOf(charger),
      validator,
      facts: {
        utcOf: this.#utcOf,
        isOfTransaction: (connector, transactionId) =>
          this.#source.isOfTransaction(charger, connector, transactionId),
      },
      count: (names) => this.#count(charger, names),
    });
  }

  statusOf(charger: string): QuirkStatus {
    const own = this.#source.ownOf(charger);
    const identity = this.#source.identityOf(charger);
    return {
      packs: own === 'none' ? [] : packsFor(identity).map(({ name }) => name),
      repairs: [...repairsFor(identity, own)],
      repaired: Object.fromEntries(this.#counts.get(charger) ?? []),
    };
  }

  #count(charger: string, names: readonly RepairName[]): void {
    const counts = this.#counts.get(charger) ?? new Map<RepairName, number>();
    this.#counts.set(charger, counts);
    for (const name of names) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count === 1) this.#log.warn({ charger, repair: name }, 'charger says this wrongly: it is repaired');
    }
  }
}

interface MenderOptions {
  own: OwnQuirks;
  identity: ChargerIdentity | null;
  validator: Validator;
  facts: QuirkFacts;
  count(names: readonly RepairName[]): void;
}

/** Repairs the CALLs of one charger over one socket. Sound ones are not looked at, unless it is known for a quirk that passes the schema. */
export class ChargerMender implements CallMender {
  readonly #options: MenderOptions;
  #names: ReadonlySet<RepairName> = new Set();
  #watches = false;
  #steps: ReadonlyMap<string, readonly RepairStep[]> | undefined;

  constructor(options: MenderOptions) {
    this.#options = options;
    this.#identify(options.identity);
  }

  get watches(): boolean {
    return this.#watches;
  }

  mend(call: IncomingCall, isSound: boolean): IncomingCall | null {
    const { validator, facts } = this.#options;
    this.#steps ??= stepsByAction(validator.version, this.#names);
    const steps = this.#steps.get(call.action);
    if (steps === undefined) return null;
    const wanted = isSound ? steps.filter(({ onSight }) => onSight) : steps;
    const mended = mendedPayload(wanted, call.payload, facts);
    // A text that names a key twice says two things: which of them to repair would be a guess.
    if (mended === null || hasDoubledKeys(call.raw)) return null;
    const raw = rewritten(call.raw, call.payload, mended.payload);
    // The text is what goes on: it is read anew, as it may hold more digits than the payload.
    const payload = JSON.parse(raw) as Payload;
    if (validator.call('charger', call.action, payload) !== null) return null;
    return { id: call.id, action: call.action, raw, payload, repaired: { by: mended.by, asCame: call.raw } };
  }

  /** The charger's actor has taken this CALL. */
  taken({ action, payload, repaired }: IncomingCall): void {
    if (repaired !== undefined) this.#options.count(repaired.by as RepairName[]);
    if (action === 'BootNotification') this.#identify(identityIn(this.#options.validator.version, payload));
  }

  #identify(identity: ChargerIdentity | null): void {
    this.#names = repairsFor(identity, this.#options.own);
    const isLenient = this.#options.validator.version === FIRST_VERSION;
    this.#watches = isLenient && [...this.#names].some((name) => REPAIRS[name].onSight);
    this.#steps = undefined;
  }
}
