import type { Mode } from '../shared/mode.ts';

export interface ConnectorInput {
  charger: string;
  /** Connector number, from 1; 0 is the charger itself. */
  connector: number;
}

/** The last StatusNotification: the charger's own words. */
export interface ReportedStatus {
  status: string;
  errorCode: string;
  info: string;
}

export interface ConnectorContext extends ConnectorInput, ReportedStatus {
  /** Wall milliseconds of the last report; null before the first: the age of what is known. */
  reportedAt: number | null;
  /** The session that runs here; its UUID. */
  session: string | null;
}

/** `at` is wall milliseconds. */
export type ConnectorEvent =
  | { type: 'connector.configured'; at: number }
  | { type: 'connector.linkChanged'; at: number; mode: Mode }
  | ({ type: 'connector.statusReported'; at: number } & ReportedStatus)
  | { type: 'connector.sessionChanged'; at: number; session: string | null };
