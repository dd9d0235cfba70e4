import {
  type CommandName,
  FORWARDED,
  type GovernanceRules,
  guardOf,
  type NumberBounds,
  type SessionPolicy,
} from './rules.ts';
import { urlFault } from './url-policy.ts';

/** What a rule needs to know of a command, whatever version it came in. */
export interface CommandFacts {
  name: CommandName;
  /** Null: the charger as a whole. */
  connector: number | null;
  /** It would end or disturb a session that runs there. */
  disturbs: boolean;
  /** Its version has an answer that says that it will be done later. */
  canSayDeferred: boolean;
  /** Its version has an answer that it was done, or will be, so that it can be held. */
  canBeHeld: boolean;
  numbers: Readonly<Record<string, number>>;
  urls: readonly string[];
  /** The setting that it changes. */
  setting: { key: string; value: string } | null;
}

/** A command that waits for the end of a session already. */
export interface WaitingCommand {
  name: CommandName;
  connector: number | null;
}

export interface CommandContext {
  /** Charging profiles are kept and answered here. */
  managed: boolean;
  /** Connectors on which a session runs, or may run. */
  inSession: readonly number[];
  waiting: readonly WaitingCommand[];
}

/** `code` and `params` as in a journalled reason; `text` says the same to the people who run the CPMS. */
export interface CommandReason {
  code: string;
  params: Record<string, string | number>;
  text: string;
}

export interface Judgement {
  /** `answer`: it is for this site to do it. */
  outcome: 'forward' | 'answer' | 'defer' | 'refuse';
  reason: CommandReason;
}

const MANAGED_HERE: ReadonlySet<CommandName> = new Set([
  'setChargingProfile',
  'clearChargingProfile',
  'readCompositeSchedule',
]);

/**
 * What becomes of a command of the CPMS. Refusals come first, so that nothing refused is ever kept or forwarded;
 * whether the charger is there is not asked here.
 */
export function judgeCommand(
  rules: GovernanceRules,
  command: CommandFacts,
  context: CommandContext,
): Judgement {
  const rule = rules.commands[command.name] ?? FORWARDED;
  if (rule.policy === 'refuse')
    return refuse('command.notAllowed', {}, 'the site does not let this CPMS do that');
  return (
    beyondLimits(rule.limits, command.numbers) ??
    badUrl(rules, command.urls) ??
    guarded(rules, command.setting) ??
    (context.managed && MANAGED_HERE.has(command.name)
      ? { outcome: 'answer', reason: reason('profile.managedHere', {}, 'the site manages its load itself') }
      : null) ??
    duringSession(rule.duringSession, command, context) ?? {
      outcome: 'forward',
      reason: reason('command.allowed', {}, 'allowed'),
    }
  );
}

function beyondLimits(
  limits: Readonly<Record<string, NumberBounds>>,
  numbers: Readonly<Record<string, number>>,
): Judgement | null {
  for (const [argument, bounds] of Object.entries(limits)) {
    const value = numbers[argument];
    if (value !== undefined && !isWithin(bounds, value))
      return refuse('command.beyondLimits', { argument, value }, `${argument} ${boundsText(bounds)}`);
  }
  return null;
}

function badUrl(rules: GovernanceRules, urls: readonly string[]): Judgement | null {
  for (const url of urls) {
    const fault = urlFault(rules.urls, url);
    if (fault !== null) {
      const { code, shown } = fault;
      return refuse(
        'command.urlNotAllowed',
        { fault: code, url: shown },
        `this URL is not allowed (${code})`,
      );
    }
  }
  return null;
}

function guarded(rules: GovernanceRules, setting: CommandFacts['setting']): Judgement | null {
  const guard = setting && guardOf(rules, setting.key);
  if (!setting || !guard) return null;
  const { key } = guard;
  if (guard.handling === 'refuse')
    return refuse('setting.guarded', { key }, `${key} is not the CPMS's to change here`);
  const value = /^\d{1,9}$/.test(setting.value) ? Number(setting.value) : null;
  if (value === null || !isWithin(guard, value))
    return refuse('setting.beyondLimits', { key }, `${key} ${boundsText(guard)}`);
  return {
    outcome: 'answer',
    reason: reason('setting.kept', { key, value }, `${key} is kept here and brought to the charger`),
  };
}

function duringSession(
  policy: SessionPolicy,
  command: CommandFacts,
  { inSession, waiting }: CommandContext,
): Judgement | null {
  const isBehind = waiting.some(
    (earlier) => earlier.name === command.name && overlaps(earlier.connector, command.connector),
  );
  // What is asked of the same connector later must not be done earlier.
  const isOrderly = command.name === 'changeAvailability' && isBehind;
  const connector = inSession.find((one) => overlaps(one, command.connector));
  const disturbed = command.disturbs ? connector : undefined;
  if (policy === 'forward' || (disturbed === undefined && !isOrderly)) return null;
  const isKept =
    (policy === 'defer' && command.canSayDeferred) || (policy === 'accept-and-hold' && command.canBeHeld);
  const why =
    disturbed === undefined
      ? reason('command.behindDeferred', {}, 'an earlier command for the same connector waits')
      : reason('command.sessionRuns', { connector: disturbed }, `a session runs on connector ${disturbed}`);
  return { outcome: isKept ? 'defer' : 'refuse', reason: why };
}

/** Two places of one charger; null and 0 stand for all of it. */
export function overlaps(a: number | null, b: number | null): boolean {
  return !a || !b || a === b;
}

function isWithin({ min, max }: NumberBounds, value: number): boolean {
  return value >= (min ?? value) && value <= (max ?? value);
}

function boundsText({ min, max }: NumberBounds): string {
  if (min !== undefined && max !== undefined) return `must be a whole number from ${min} to ${max}`;
  if (max !== undefined) return `must be a whole number up to ${max}`;
  return min === undefined ? 'must be a whole number' : `must be a whole number from ${min} up`;
}

function refuse(code: string, params: CommandReason['params'], text: string): Judgement {
  return { outcome: 'refuse', reason: reason(code, params, text) };
}

function reason(code: string, params: CommandReason['params'], text: string): CommandReason {
  return { code, params, text };
}
