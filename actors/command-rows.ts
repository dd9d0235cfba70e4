import type { CommandName } from '../machines/shared/governance/rules.ts';
import type { OcppVersion } from '../machines/shared/ocpp-version.ts';
import type { Reason } from '../runtime/envelope.ts';

/** Durable rows (Turn.row tables) about the commands of a CPMS. */

/** Table `deferred/<charger>`, key = when it was deferred, padded: a command of the CPMS that waits for the end of a session. */
export interface DeferredRow {
  name: CommandName;
  /** Null: the charger as a whole. */
  connector: number | null;
  action: string;
  raw: string;
  /** Absent: 1.6. */
  version?: OcppVersion;
  /** Of the CPMS's CALL, which was answered when it was deferred. */
  messageId: string;
  deferredAt: number;
  expiresAt: number;
  reason: Reason;
  /** The session is over, and it waits for the charger to come back. */
  isOverdue?: boolean;
}

/** Table `settings/<charger>`, key = lower-case name: what the CPMS set a guarded setting of the charger to. */
export interface SettingRow {
  key: string;
  value: string;
  setAt: number;
  /** `failed`: the charger does not take it; tried anew at its next boot. */
  state: 'wanted' | 'confirmed' | 'failed';
  /** Since the last boot. */
  writes: number;
  problem: string | null;
}
