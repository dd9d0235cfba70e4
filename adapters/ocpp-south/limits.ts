import type {
  InstallFailSafe,
  LimitsAnswered,
  LimitsEffect,
  LimitsFailed,
  SetLimit,
} from '../../actors/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { type CallOutcome, failure } from '../ocpp/call-queue.ts';
import { type Post, SurePost } from '../ocpp/sure-post.ts';
import { validatorOf } from '../ocpp/validate.ts';
import {
  DEFAULT_PROFILE_PLAN,
  failSafePayload,
  leasePayload,
  type ProfilePlan,
  transactionOf,
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

/** Turns limits into charging profiles of OCPP 1.6, which the gateway translates where needed, and their answers into `limits.answered` / `limits.failed`. */
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
  return new ProfileLimits(options);
}

class ProfileLimits implements LimitsPort {
  readonly #options: LimitsPortOptions;
  readonly #timeoutMs: number;
  readonly #plan: ProfilePlan;
  readonly #surePost: SurePost;
  readonly #validator = validatorOf('1.6', 'emit');
  readonly #lanes = new Map<string, Lane>();

  constructor(options: LimitsPortOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#plan = options.plan ?? DEFAULT_PROFILE_PLAN;
    this.#surePost = new SurePost(options);
  }

  perform(effect: LimitsEffect): void {
    const laneKey = `${effect.charger}/${connectorOf(effect)}`;
    const lane = this.#lanes.get(laneKey);
    if (lane === undefined) {
      this.#lanes.set(laneKey, { waiting: undefined });
      this.#send(effect, laneKey);
      return;
    }
    const replaced = lane.waiting;
    lane.waiting = effect;
    if (replaced !== undefined) this.#report(replaced, SUPERSEDED);
  }

  close(): void {
    this.#surePost.stop();
    this.#lanes.clear();
  }

  #send(effect: LimitsEffect, laneKey: string): void {
    const payload =
      effect.type === 'set'
        ? leasePayload(effect, this.#plan, this.#options.clock.wallMs())
        : failSafePayload(effect, this.#plan);
    const violation = this.#validator.call('cpms', ACTION, payload);
    if (violation !== null) {
      this.#settle(effect, laneKey, failure('invalid', violation.description, violation.code));
      return;
    }
    this.#options.south.call(effect.charger, {
      action: ACTION,
      raw: JSON.stringify(payload),
      transaction: effect.type === 'set' ? transactionOf(effect) : undefined,
      timeoutMs: this.#timeoutMs,
      settle: (outcome) => this.#settle(effect, laneKey, outcome),
    });
  }

  #settle(effect: LimitsEffect, laneKey: string, outcome: CallOutcome): void {
    this.#report(effect, outcome);
    const next = this.#lanes.get(laneKey)?.waiting;
    if (next === undefined) {
      this.#lanes.delete(laneKey);
    } else {
      this.#lanes.set(laneKey, { waiting: undefined });
      this.#send(next, laneKey);
    }
  }

  #report(effect: LimitsEffect, outcome: CallOutcome): void {
    const { charger, correlation } = effect;
    const connector = connectorOf(effect);
    const common = { from: 'limits/south', to: 'budget/site', charger, connector, correlation } as const;
    if (outcome.kind === 'answered') {
      const data = { charger, connector, status: String(outcome.payload.status) } satisfies LimitsAnswered;
      this.#surePost.post({ ...common, type: 'limits.answered', data });
    } else {
      this.#surePost.post({ ...common, type: 'limits.failed', data: failedData(effect, outcome) });
    }
  }
}

const SUPERSEDED = failure('closed', 'superseded');

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
