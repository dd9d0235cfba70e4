import type { Mode } from '../shared/mode.ts';
import type { OcppVersion } from '../shared/ocpp-version.ts';

/** Registration as the CPMS, or the local policy in its place, last answered it. */
export type BootStatus = 'Accepted' | 'Pending' | 'Rejected';

/** A CALL of the charger whose answer is still awaited from upstream. */
export interface AwaitedAnswer {
  /** Correlation of a relayed CALL, or the queue number as text. */
  key: string;
  kind: 'relayed' | 'queued';
  /** The newest socket and message id under which the charger asked: the answer goes there. */
  socketId: string;
  messageId: string;
  action: string;
  /** Card in question, where the verdict belongs into the cache. */
  idTag: string | null;
  /** Kept only where the message must still be queued when the relay fails (BootNotification). */
  raw: string | null;
  /** Of the charger's CALL; absent: 1.6. */
  version?: OcppVersion;
  /** The local policy has answered; only the later verdict is still of interest. */
  overdue: boolean;
}

/** A CALL of the CPMS that was forwarded and is not answered yet. */
export interface ForwardedCommand {
  /** Correlation of the forwarded CALL. */
  key: string;
  socketId: string;
  messageId: string;
  action: string;
  /** Of the CPMS's CALL, and so of its answer; absent: 1.6. */
  version?: OcppVersion;
}

export interface ChargerContext {
  charger: string;
  /** Socket lost for this long: from offline to fallback. */
  graceMs: number;
  /** A charger's CALL waits this long for the CPMS before local policy answers. */
  answerBudgetMs: number;
  /** Charging-profile commands are kept and answered here. */
  managed: boolean;
  /** CPMS away for this long: it is closed out; null: it stays. */
  mirrorCloseAfterMs: number | null;
  socketId: string | null;
  everSeen: boolean;
  /** Connectors that have not reported a status since the socket opened. */
  missingStatuses: number[];
  /** At most {@link awaitedMax}; beyond it local policy answers at once. */
  awaited: AwaitedAnswer[];
  /** At most {@link commandsMax}; beyond it the CPMS gets an error answer. */
  commands: ForwardedCommand[];
}

export const awaitedMax = 16;
export const commandsMax = 16;

export interface ChargerInput {
  charger: string;
}

/** All but the timers' own events carry `at`, wall milliseconds. */
export type ChargerEvent =
  | {
      type: 'charger.configured';
      at: number;
      graceMs: number;
      answerBudgetMs: number;
      managed: boolean;
      mirrorCloseAfterMs: number | null;
    }
  | { type: 'socket.opened'; at: number; socketId: string; connectors: number[] }
  | { type: 'socket.closed'; at: number; socketId: string }
  | { type: 'boot.answered'; at: number; status: BootStatus; connectors: number[] }
  | { type: 'boot.refused'; at: number }
  | { type: 'status.reported'; at: number; connector: number }
  | { type: 'backend.changed'; at: number; mode: Mode }
  | { type: 'answer.awaited'; at: number; answer: AwaitedAnswer; delayMs: number }
  | { type: 'answer.repeated'; at: number; key: string; socketId: string; messageId: string }
  | { type: 'answer.settled'; at: number; key: string }
  | { type: 'answer.overdue'; key: string }
  | { type: 'command.forwarded'; at: number; command: ForwardedCommand; raw: string }
  | { type: 'command.settled'; at: number; key: string }
  | { type: 'caps.scheduled'; at: number; delayMs: number }
  | { type: 'caps.due' }
  /** Commands wait for the end of a session; the first of them expires in `delayMs`. */
  | { type: 'deferrals.scheduled'; at: number; delayMs: number }
  | { type: 'deferrals.ended'; at: number }
  | { type: 'deferrals.due' };

/** Why the mode changed; part of the journal's reason code `charger.<cause>`. */
export type ModeCause =
  | 'socketOpened'
  | 'socketClosed'
  | 'processRestarted'
  | 'graceOver'
  | 'statusesKnown'
  | 'resyncTimedOut'
  | 'rebooted';
