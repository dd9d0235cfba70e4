import type {
  InstallFailSafe,
  LimitsAnswered,
  LimitsEffect,
  LimitsFailed,
  SetLimit,
} from '../../actors/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { CallOutcome } from '../ocpp/call-queue.ts';
import { type Post, SurePost } from '../ocpp/sure-post.ts';
import { createValidator16 } from '../ocpp/validate16.ts';
import {
  DEFAULT_PROFILE_PLAN,
  failSafePayload,
  leasePayload,
  type ProfilePlan,
} from './charging-profiles.ts';
import type { SouthGateway } from './gateway.ts';

export interface LimitsPortOptions {
  clock: Clock;
  log: Log;
  post: Post;
  south: Pick<SouthGateway, 'call'>;
  /** A limit not answered by then is reported as failed: its effect is unknown. */
  timeoutMs?: number;
  plan?: ProfilePlan;
}

/** Turns limits into charging profiles of OCPP 1.6 and their answers into `limits.answered` / `limits.failed`. */
export interface LimitsPort {
  /** Carries out an effect of the port `limits`. */
  perform(effect: LimitsEffect): void;
  close(): void;
}

/** One connector has one limit on its way; a newer one waits, and replaces a waiting older one. */
interface Lane {
  waiting: LimitsEffect | undefined;
}

const ACTION = 'SetChargingProfile';

export function createLimitsPort(options: LimitsPortOptions): LimitsPort {
  const { clock, log, south, timeoutMs = 10_000, plan = DEFAULT_PROFILE_PLAN } = options;
  const surePost = new SurePost({ clock, log, post: options.post });
  const validator = createValidator16('emit');
  const lanes = new Map<string, Lane>();

  function send(effect: LimitsEffect, laneKey: string): void {
    const payload =
      effect.type === 'set' ? leasePayload(effect, plan, clock.wallMs()) : failSafePayload(effect, plan);
    const violation = validator.call('cpms', ACTION, payload);
    if (violation !== null) {
      settle(effect, laneKey, {
        kind: 'failed',
        why: 'invalid',
        error: { ...violation, details: {} },
      });
      return;
    }
    south.call(effect.charger, {
      action: ACTION,
      raw: JSON.stringify(payload),
      timeoutMs,
      settle: (outcome) => settle(effect, laneKey, outcome),
    });
  }

  function settle(effect: LimitsEffect, laneKey: string, outcome: CallOutcome): void {
    report(effect, outcome);
    const next = lanes.get(laneKey)?.waiting;
    if (next === undefined) {
      lanes.delete(laneKey);
    } else {
      lanes.set(laneKey, { waiting: undefined });
      send(next, laneKey);
    }
  }

  function report(effect: LimitsEffect, outcome: CallOutcome): void {
    const { charger, correlation } = effect;
    const connector = connectorOf(effect);
    const common = { from: 'limits/south', to: 'budget/site', charger, connector, correlation } as const;
    if (outcome.kind === 'answered') {
      const data = { charger, connector, status: String(outcome.payload.status) } satisfies LimitsAnswered;
      surePost.post({ ...common, type: 'limits.answered', data });
    } else {
      surePost.post({ ...common, type: 'limits.failed', data: failedData(effect, outcome) });
    }
  }

  return {
    perform(effect) {
      const laneKey = `${effect.charger}/${connectorOf(effect)}`;
      const lane = lanes.get(laneKey);
      if (lane === undefined) {
        lanes.set(laneKey, { waiting: undefined });
        send(effect, laneKey);
        return;
      }
      const replaced = lane.waiting;
      lane.waiting = effect;
      if (replaced !== undefined) report(replaced, SUPERSEDED);
    },
    close() {
      surePost.stop();
      lanes.clear();
    },
  };
}

const SUPERSEDED: CallOutcome = {
  kind: 'failed',
  why: 'closed',
  error: { code: 'GenericError', description: 'superseded', details: {} },
};

function connectorOf(effect: SetLimit | InstallFailSafe): number {
  return effect.type === 'set' ? effect.connector : 0;
}

function failedData(
  effect: LimitsEffect,
  outcome: Extract<CallOutcome, { kind: 'failed' }>,
): { charger: string; connector: number; kind: LimitsFailed['kind']; detail: string } {
  const { code, description } = outcome.error;
  const detail = outcome.why === 'error' ? `${code}: ${description}` : description;
  return { charger: effect.charger, connector: connectorOf(effect), kind: outcome.why, detail };
}
