import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actionsOf } from '../../adapters/ocpp/actions.ts';
import { factsOf16 } from '../../machines/shared/governance/commands16.ts';
import { judgeCommand, overlaps } from '../../machines/shared/governance/judge.ts';
import {
  COMMAND_NAMES,
  type CommandName,
  type CommandRule,
  defaultGovernance,
  type GovernanceRules,
  guardOf,
} from '../../machines/shared/governance/rules.ts';
import { urlFault } from '../../machines/shared/governance/url-policy.ts';

const name = fc.constantFrom<CommandName>(...COMMAND_NAMES);
const connector = fc.integer({ min: 0, max: 3 });
const rule: fc.Arbitrary<CommandRule> = fc.record({
  policy: fc.constantFrom('forward', 'forward', 'refuse'),
  duringSession: fc.constantFrom('forward', 'refuse', 'defer', 'accept-and-hold'),
  limits: fc.constantFrom({}, { retries: { max: 3 } }, { retries: { min: 1 } }),
});
const rules: fc.Arbitrary<GovernanceRules> = fc
  .dictionary(name, rule)
  .map((commands) => ({ ...defaultGovernance, commands }));
const location = fc.oneof(
  fc.constantFrom('https://files.example.com/f', 'http://127.0.0.1/', 'ftp://u:p@h/', 'file:///etc'),
  fc.webUrl(),
  fc.string(),
);
const payload = fc.record(
  {
    connectorId: connector,
    type: fc.constantFrom('Operative', 'Inoperative', 'Hard', 'Soft'),
    key: fc.oneof(fc.constantFrom('HeartbeatInterval', 'authorizationKEY', 'SecurityProfile'), fc.string()),
    value: fc.oneof(fc.constantFrom('60', '0', '999999999', '-1', '1e3'), fc.string()),
    retries: fc.integer({ min: 0, max: 12 }),
    location,
    firmware: fc.record({ location }),
    log: fc.record({ remoteLocation: location }),
  },
  { requiredKeys: [] },
);
const context = fc.record({
  managed: fc.boolean(),
  inSession: fc.uniqueArray(fc.integer({ min: 1, max: 3 })),
  waiting: fc.array(fc.record({ name, connector: fc.option(connector) }), { maxLength: 3 }),
});

test('nothing that a rule refuses is forwarded, kept or answered here, whatever else is so', () => {
  fc.assert(
    fc.property(
      rules,
      fc.constantFrom(...actionsOf('1.6')),
      payload,
      context,
      (table, action, args, around) => {
        const facts = factsOf16(action, args);
        const { outcome } = judgeCommand(table, facts, around);
        const own = table.commands[facts.name];
        const { retries } = args;
        const bounds = own?.limits.retries;
        const guard = facts.setting && guardOf(table, facts.setting.key);
        const isRefused =
          own?.policy === 'refuse' ||
          facts.urls.some((url) => urlFault(table.urls, url) !== null) ||
          guard?.handling === 'refuse' ||
          (bounds !== undefined &&
            retries !== undefined &&
            (retries < (bounds.min ?? 0) || retries > (bounds.max ?? retries)));
        if (isRefused) expect(outcome).toBe('refuse');
        // A guarded setting never goes to the charger as the CPMS wrote it.
        if (guard) expect(['refuse', 'answer']).toContain(outcome);
        const isDisturbing = facts.disturbs && around.inSession.some((one) => overlaps(one, facts.connector));
        if (isDisturbing && own !== undefined && own.duringSession !== 'forward')
          expect(['refuse', 'defer']).toContain(outcome);
        if (outcome === 'defer') expect(facts.canSayDeferred || facts.canBeHeld).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});
