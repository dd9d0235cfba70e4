import type { TurnRecord } from '../runtime/host/turn-stage.ts';
import { sentenceOf } from './sentences.ts';
import type { DecisionStatus } from './site-view.ts';

const KEPT = 500;
const CONNECTORS_MAX = 10_000;

/** The newest decisions in memory, for the view; the journal holds them all. */
export class DecisionLog {
  readonly #newest: DecisionStatus[] = [];
  readonly #limitReasons = new Map<string, string>();
  #seq = 0;

  note(record: TurnRecord): void {
    const { envelope } = record;
    for (const decision of record.decisions) {
      const text = sentenceOf(decision);
      if (text === null) continue;
      this.#seq += 1;
      const charger = decision.charger ?? envelope.charger ?? null;
      const connector = decision.connector ?? envelope.connector ?? null;
      this.#newest.push({
        seq: this.#seq,
        at: new Date(envelope.receivedAt).toISOString(),
        type: decision.type,
        text,
        reason: decision.reason ?? null,
        charger,
        connector,
        session: decision.session ?? envelope.session ?? null,
      });
      if (this.#newest.length > KEPT) this.#newest.shift();
      if (decision.type === 'budget.limitDecided' && this.#limitReasons.size < CONNECTORS_MAX) {
        this.#limitReasons.set(`${charger}/${connector}`, text);
      }
    }
  }

  newest(limit: number): DecisionStatus[] {
    return this.#newest.slice(-limit).reverse();
  }

  limitReason(charger: string, connector: number): string | null {
    return this.#limitReasons.get(`${charger}/${connector}`) ?? null;
  }
}
