import type { Address } from '../address.ts';
import type { Clock } from '../clock.ts';
import { type Incoming, incomingEnvelope } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { DraftText } from '../persistence/journal-chain.ts';
import type { JournalEntry } from './actor-kind.ts';
import type { GroupCommit } from './group-commit.ts';
import type { HostAlarms } from './host-alarms.ts';
import type { EnvelopeIds } from './ids.ts';
import { inputDraft } from './journal-draft.ts';
import type { StoreOutage } from './store-outage.ts';

/** Stands as sender and receiver of what the host itself has to say. */
const HOST_ADDRESS: Address = 'runtime/host';

interface HostNotesOptions {
  clock: Clock;
  outage: StoreOutage;
  alarms: HostAlarms;
}

/** Journal records that no actor decided: alarms, clock steps, what supervision does. */
export class HostNotes {
  readonly #o: HostNotesOptions;
  /** Said before the journal could be written: alarms of the start itself, so they are few. */
  readonly #early: JournalEntry[] = [];
  #into: { commit: GroupCommit; ids: EnvelopeIds } | undefined;
  #stopped = false;

  constructor(options: HostNotesOptions) {
    this.#o = options;
  }

  /** The journal can be written from now on. */
  open(commit: GroupCommit, ids: EnvelopeIds): void {
    this.#into = { commit, ids };
    for (const entry of this.#early.splice(0)) this.record(entry);
  }

  /** `onDisk` is called once the record is there, unless the store fails. */
  record(entry: JournalEntry, onDisk?: () => void): void {
    if (!this.#into) {
      this.#early.push(entry);
      return;
    }
    const { data = {}, ...about } = entry;
    const source: Incoming = { ...about, from: HOST_ADDRESS, to: HOST_ADDRESS, data };
    const note = inputDraft(incomingEnvelope(source, this.#into.ids.next(), this.#o.clock));
    if (!this.#o.outage.standing) {
      this.#write([note], onDisk);
      this.#into.commit.sealIfDue();
    } else if (!this.#o.outage.hold(note)) this.#o.alarms.count('notes.dropped');
  }

  /**
   * Does something that makes the site safer (a limit falls, a socket is closed): once its record is on disk, or after
   * 300 ms without that, and then a second record says so.
   */
  carryOut(entry: JournalEntry, deed: () => void): void {
    const { clock, alarms } = this.#o;
    const late = clock.setTimer(limits.lateCutMs, () => {
      isDone = true;
      if (this.#stopped) return;
      deed();
      alarms.count('cuts.sentLate');
      const reason = { code: 'runtime.cutSentLate', params: { type: entry.type } };
      this.record({ ...entry, type: 'runtime.effectSentLate', reason });
    });
    let isDone = false;
    this.record(entry, () => {
      clock.clearTimer(late);
      if (!isDone && !this.#stopped) deed();
    });
  }

  /** The store may be back: what was held while it failed goes into the open group. */
  writeHeld(): void {
    this.#write(this.#o.outage.takeNotes());
  }

  stop(): void {
    this.#stopped = true;
  }

  #write(notes: readonly DraftText[], onDisk?: () => void): void {
    if (notes.length === 0) return;
    const group = this.#into!.commit.open;
    if (group.empty) group.openedAtMs = this.#o.clock.monotonicMs();
    group.notes.push(...notes);
    group.immediate = true;
    if (onDisk) group.afterwards.push(onDisk);
  }
}
