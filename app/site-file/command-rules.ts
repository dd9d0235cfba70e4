import {
  type CommandName,
  type CommandRule,
  defaultGovernance,
  FORWARDED,
  type GovernanceRules,
  type GuardedKey,
} from '../../machines/shared/governance/rules.ts';
import type { CommandRulesData } from './command-schema.ts';

/** Rules for the commands of a CPMS: what the site file says, over what holds by default. */
export function governanceOf(data: CommandRulesData): GovernanceRules {
  const commands: Partial<Record<CommandName, CommandRule>> = { ...defaultGovernance.commands };
  for (const [key, own] of Object.entries(data.rules)) {
    const name = key as CommandName;
    if (own !== undefined) commands[name] = { ...(commands[name] ?? FORWARDED), ...own } as CommandRule;
  }
  return {
    commands,
    urls: data.urls,
    guardedKeys: guardedKeysOf(data),
    deferralMaxMs: data.deferAtMost,
    reasonVendorId: data.reasonsTo ?? null,
  };
}

function guardedKeysOf({ guardedKeys }: CommandRulesData): GuardedKey[] {
  const own = new Set(guardedKeys.map(({ key }) => key.toLowerCase()));
  return [
    ...defaultGovernance.guardedKeys.filter(({ key }) => !own.has(key.toLowerCase())),
    ...guardedKeys.flatMap(({ key, handling, min, max }): GuardedKey[] =>
      handling === 'forward'
        ? []
        : [{ key, handling, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }],
    ),
  ];
}
