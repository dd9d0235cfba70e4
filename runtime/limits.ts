import { invariant } from './errors.ts';

/**
 * Every cap of the runtime in one place. Each names what happens at the cap; the relations between caps are
 * checked when the module loads.
 */
export const limits = {
  /** Turns in one group commit; at the cap the run loop waits for the group in flight. */
  groupTurns: 256,
  /** Same while the store stalls: turns go on (a cut must be decided), then the run loop waits. */
  groupTurnsStalled: 4_096,
  /** Relaxed turns that are company enough to be sealed without waiting longer. */
  relaxedCompany: 16,
  /** A relaxed turn waits at most this long for company. */
  relaxedWaitMs: 250,
  /** A tell not taken from the bus by then is delivered directly, with an alarm. */
  directDeliveryMs: 250,
  /** A cut whose commit is not on disk by then leaves anyway and is journalled as late. */
  lateCutMs: 300,
  /** A commit that takes longer raises the alarm `store.stalled`. */
  storeStallAlarmMs: 3_000,
  /** Waits between tries while the store fails; grows by doubling. */
  storeRetryMinMs: 250,
  storeRetryMaxMs: 2_000,
  /** Journal drafts of no turn kept while the store fails; at the cap the newest are dropped and counted. */
  notesHeldMax: 1_000,
  /** Throws on different envelopes within the window beyond which an actor is quarantined. */
  restartsMax: 5,
  restartWindowMs: 60_000,
  quarantineMs: 600_000,
  /** Actors quarantined within the window beyond which the process gives up to its watchdog. */
  quarantinesMax: 3,
  quarantineWindowMs: 600_000,
  /**
   * Tells of one sender that their receivers have not taken. At the cap adapters may hand it nothing more that their
   * peers would repeat, so its sockets pause; what is told already stays in the outbox, and nothing is lost.
   */
  tellsWaitingMax: 512,
  /** Superseded tells are cleared out of a mailbox when it has grown by this much, and then by its own length again. */
  mailboxPruneAt: 64,
  /** An actor untouched for this long gives up its memory; its snapshot stays in the store (waking costs some 20 µs). */
  passivateAfterMs: 10_000,
  passivateEveryMs: 2_500,
  /** Decoded rows kept in memory, twice; beyond it those not used lately are read from the store again. */
  rowsCached: 4_096,
  /** Envelopes kept as parked; the oldest is dropped (it stays in the journal). */
  parkedMax: 1_000,
  /** Records whose chain is verified at start. */
  journalVerifyRecords: 100_000,
} as const;

invariant(limits.mailboxPruneAt < limits.tellsWaitingMax, 'superseded tells go before a sender is held');
invariant(limits.relaxedCompany <= limits.groupTurns, 'relaxedCompany fits into a group');
invariant(limits.lateCutMs + limits.directDeliveryMs < 1_000, 'a late cut leaves within a second');
