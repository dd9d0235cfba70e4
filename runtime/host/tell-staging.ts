import { copyAbout, type Envelope } from '../envelope.ts';
import type { Group } from './group.ts';
import type { EnvelopeIds } from './ids.ts';
import { type Outbox, type OutboxEntry, outboxText } from './outbox.ts';
import type { StagedTell } from './turn-run.ts';

/** Turns the tells of a turn into outbox entries of its group. */
export class TellStaging {
  readonly #outbox: Outbox;
  readonly #ids: EnvelopeIds;

  constructor(outbox: Outbox, ids: EnvelopeIds) {
    this.#outbox = outbox;
    this.#ids = ids;
  }

  /** `superseded` are undelivered `latest` entries that these replace. */
  stage(
    cause: Envelope,
    tells: readonly StagedTell[],
    group: Group,
  ): { tells: OutboxEntry[]; superseded: OutboxEntry[] } {
    const entries: OutboxEntry[] = [];
    const superseded: OutboxEntry[] = [];
    for (const tell of tells) {
      const entry = this.#entry(cause, tell);
      const older = this.#outbox.stage(entry);
      entries.push(entry);
      group.outbox.set(entry.id, outboxText(entry));
      if (!older) continue;
      superseded.push(older);
      group.outbox.set(older.id, null);
    }
    return { tells: entries, superseded };
  }

  /** A tell inherits what its cause was about, unless it says otherwise. */
  #entry(cause: Envelope, { to, type, data, options }: StagedTell): OutboxEntry {
    const envelope: Envelope = {
      id: this.#ids.next(),
      type,
      at: cause.at,
      receivedAt: cause.receivedAt,
      clockTrust: cause.clockTrust,
      from: cause.to,
      to,
      cause: cause.id,
      data,
    };
    copyAbout(options, envelope);
    copyAbout(cause, envelope);
    if (options.reason) envelope.reason = options.reason;
    const delivery = options.delivery ?? 'ordered';
    const latestKey =
      delivery === 'latest' ? `${envelope.from}>${envelope.to}>${options.key ?? type}` : undefined;
    const body = JSON.stringify(envelope);
    return { id: envelope.id, envelope, body, delivery, latestKey, state: 'staged', releasedAtMs: 0 };
  }
}
