import type { TokenClass } from '../shared/exposure.ts';
import type { Mode } from '../shared/mode.ts';

/** On whose word the driver was let in. */
export type Authoriser = 'backend' | 'localList' | 'cache' | 'policy' | 'outage';

export interface SessionStart {
  charger: string;
  connector: number;
  /** UUID: the truth, whatever ids the charger and the CPMS use. */
  session: string;
  /** Charger-facing transaction id. */
  transactionId: number;
  startedAt: number;
  meterStartWh: number;
  /** Nobody told the reading at which it began: the first that is told counts for it. */
  isStartUnread?: boolean;
  authorisedBy: Authoriser;
  /** Mode of the backend link. */
  backend: Mode;
  /** Backend away for this long: local authority. */
  fallbackAfterMs: number;
}

export interface SessionContext extends SessionStart {
  chargerMode: Mode;
  cpmsTransactionId: number | null;
  /** The CPMS's word on the start; null while it is awaited. */
  verdict: string | null;
  /** Highest energy register seen, Wh. */
  registerWh: number;
  /** Readings lower than the one before: noted, never applied. */
  registerFaults: number;
  currentMilliamps: number[] | null;
  sampledAt: number | null;
  /** What it may have; null: nothing bounds it here. */
  bound: Bound | null;
  /** Set when the charger is first asked to stop. */
  stopCause: StopCause | null;
  /** How often the charger was asked to stop, in a row. */
  stopAsks: number;
  stoppedAt: number | null;
  stopReason: string | null;
  /** Energy of the session, Wh: never falls. */
  energyWh: number;
  outcome: SessionOutcome | null;
}

/** What a session may have on the word of this site alone, or in spite of the word of the CPMS. */
export interface Bound {
  /** The class of cards that is bounded so, or that the CPMS refused this one. */
  cause: TokenClass | 'refused';
  /** Since the start of the transaction; null: any. */
  maxEnergyWh: number | null;
  /** Wall milliseconds; null: for any time. */
  dueAt: number | null;
}

/** `completed`: the CPMS has all of it. `deadLettered`: it will not get the Stop by itself. `aborted`: no Stop ever came. */
export type SessionOutcome = 'completed' | 'deadLettered' | 'aborted';

/** `at` is wall milliseconds. */
export type SessionEvent =
  | { type: 'session.opened'; at: number }
  | { type: 'session.metered'; at: number; energyWh: number | null; currentMilliamps: number[] | null }
  | {
      type: 'session.capped';
      at: number;
      tokenClass: TokenClass;
      maxEnergyWh: number | null;
      dueAt: number | null;
    }
  | {
      type: 'session.startAnswered';
      at: number;
      cpmsTransactionId: number;
      status: string;
      /** Refused, it may draw that much since its start all the same; absent: it is to end at once. */
      maxEnergyWh?: number;
    }
  | { type: 'session.stopped'; at: number; meterStopWh: number; reason: string }
  | { type: 'session.stopAnswered'; at: number }
  | { type: 'session.deliveryFailed'; at: number; what: 'start' | 'stop'; error: string }
  | { type: 'session.aborted'; at: number; reason: string }
  | { type: 'session.backendChanged'; at: number; mode: Mode }
  | { type: 'session.chargerChanged'; at: number; mode: Mode };

/** A journal entry in the making: its reason. */
export interface Note {
  code: string;
  params: Record<string, string | number | null>;
}

/** Why the charger is asked to stop: the decision, and a word for it. */
export interface StopCause extends Note {
  reason: string;
}
