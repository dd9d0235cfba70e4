import type { Demand, Ledger } from './ledger.ts';

/** The four modes of every actor. */
export type SiteMode = 'online' | 'offline' | 'fallback' | 'resync';

export interface BudgetSettings {
  /** Usable per phase. */
  limitMilliamps: number;
  phases: number;
  minMilliamps: number;
  leaseMs: number;
  /** `connectors` is how many; rating and fail-safe limit are per connector and phase. */
  chargers: Array<{
    charger: string;
    connectors: number;
    maxMilliamps: number;
    fallbackMilliamps: number;
  }>;
}

/** Events. `at` is wall milliseconds and present in all of them. */
export type SiteBudgetEvent =
  | ({ type: 'budget.configured'; at: number } & BudgetSettings)
  | { type: 'budget.chargerChanged'; at: number; charger: string; mode: SiteMode; connectors: number[] }
  | {
      type: 'budget.demandChanged';
      at: number;
      charger: string;
      connector: number;
      demand: Demand;
      transactionId: number | null;
    }
  | {
      type: 'budget.measured';
      at: number;
      charger: string;
      connector: number;
      currentMilliamps: number[];
      /** When the charger took the reading. */
      measuredAt: number;
    }
  | { type: 'budget.capChanged'; at: number; charger: string; connector: number; capMilliamps: number | null }
  | { type: 'budget.limitChanged'; at: number; limitMilliamps: number; source: string }
  | {
      type: 'limits.answered';
      at: number;
      charger: string;
      connector: number;
      status: string;
      correlation: string;
    }
  | {
      type: 'limits.failed';
      at: number;
      charger: string;
      connector: number;
      kind: string;
      detail: string;
      correlation: string;
    }
  /** The machine's own timer: something in the books falls due. */
  | { type: 'budget.checkDue'; at: number }
  /** Raised by the machine after each fact, once its mode fits the books again. */
  | { type: 'budget.decide' };

export interface SendLimit {
  charger: string;
  connector: number;
  transactionId: number;
  limitMilliamps: number;
  leaseMs: number;
  fallbackMilliamps: number;
  correlation: string;
  /** True only when it is lower than anything that may be in force. */
  isCut: boolean;
}

export interface InstallFailSafe {
  charger: string;
  limitMilliamps: number;
  correlation: string;
  isCut: boolean;
}

export interface RecordDecision {
  reason: { code: string; params: Record<string, number | string> };
  charger: string;
  /** 0: the whole charger. */
  connector: number;
  limitMilliamps: number;
}

/** What one decision gives out, in this order. */
export type Order =
  | { type: 'sendLimit'; params: SendLimit }
  | { type: 'installFailSafe'; params: InstallFailSafe }
  | { type: 'recordDecision'; params: RecordDecision };

export interface SiteBudgetContext {
  ledger: Ledger;
  /** Given out by the last decision. */
  orders: Order[];
  /** When the machine wants to look at its books again; null: nothing is pending. */
  checkAt: number | null;
}
