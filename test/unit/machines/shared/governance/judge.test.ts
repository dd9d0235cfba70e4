import { describe, expect, it } from 'vitest';
import { factsOf16 } from '../../../../../machines/shared/governance/commands16.ts';
import { type CommandContext, judgeCommand } from '../../../../../machines/shared/governance/judge.ts';
import {
  defaultGovernance,
  type GovernanceRules,
  type SessionPolicy,
} from '../../../../../machines/shared/governance/rules.ts';

const idle: CommandContext = { managed: false, inSession: [], waiting: [] };
const charging: CommandContext = { ...idle, inSession: [2] };
const managed: CommandContext = { ...idle, managed: true };

function verdict(
  action: string,
  payload: Record<string, unknown>,
  context: CommandContext,
  rules: GovernanceRules = defaultGovernance,
): string {
  const { outcome, reason } = judgeCommand(rules, factsOf16(action, payload), context);
  return `${outcome} ${reason.code}`;
}

function withRule(name: 'reset' | 'unlockConnector', duringSession: SessionPolicy): GovernanceRules {
  const rule = { policy: 'forward', duringSession, limits: {} } as const;
  return { ...defaultGovernance, commands: { [name]: rule } };
}

const FIRMWARE = { location: 'https://files.example.com/f.bin', retrieveDate: '2026-01-01T00:00:00Z' };
const RUNS = 'command.sessionRuns';
const FORWARD = 'forward command.allowed';

describe('a command of the CPMS by the default rules', () => {
  const rows: Array<[what: string, action: string, Record<string, unknown>, CommandContext, string]> = [
    ['a reset of an idle charger', 'Reset', { type: 'Hard' }, idle, FORWARD],
    ['a reset during a session', 'Reset', { type: 'Soft' }, charging, `refuse ${RUNS}`],
    ['unlocking a connector that is free', 'UnlockConnector', { connectorId: 1 }, charging, FORWARD],
    ['unlocking the one that charges', 'UnlockConnector', { connectorId: 2 }, charging, `refuse ${RUNS}`],
    ['firmware for an idle charger', 'UpdateFirmware', FIRMWARE, idle, FORWARD],
    ['firmware during a session', 'UpdateFirmware', FIRMWARE, charging, `defer ${RUNS}`],
    [
      'taking the whole charger out of service during a session',
      'ChangeAvailability',
      { connectorId: 0, type: 'Inoperative' },
      charging,
      `defer ${RUNS}`,
    ],
    [
      'taking another connector out of service',
      'ChangeAvailability',
      { connectorId: 1, type: 'Inoperative' },
      charging,
      FORWARD,
    ],
    [
      'bringing the connector back that charges',
      'ChangeAvailability',
      { connectorId: 2, type: 'Operative' },
      charging,
      FORWARD,
    ],
    ['a remote stop during a session', 'RemoteStopTransaction', { transactionId: 7 }, charging, FORWARD],
    ['a message without a name here', 'Whatever', {}, charging, FORWARD],
    [
      'a profile where load is managed',
      'SetChargingProfile',
      { connectorId: 1 },
      managed,
      'answer profile.managedHere',
    ],
    ['a profile where it is not', 'SetChargingProfile', { connectorId: 1 }, idle, FORWARD],
    ['too many retries', 'UpdateFirmware', { ...FIRMWARE, retries: 11 }, idle, 'refuse command.beyondLimits'],
    ['just few enough retries', 'UpdateFirmware', { ...FIRMWARE, retries: 10 }, idle, FORWARD],
    [
      'logs to this machine',
      'GetDiagnostics',
      { location: 'ftp://127.0.0.1/' },
      idle,
      'refuse command.urlNotAllowed',
    ],
    [
      'logs of the security extension to this machine',
      'GetLog',
      { log: { remoteLocation: 'ftp://[::1]/' } },
      idle,
      'refuse command.urlNotAllowed',
    ],
    [
      'signed firmware from this machine, session or not',
      'SignedUpdateFirmware',
      { firmware: { location: 'http://localhost/f' } },
      charging,
      'refuse command.urlNotAllowed',
    ],
  ];
  it.each(rows)('%s', (_, action, payload, context, expected) => {
    expect(verdict(action, payload, context)).toBe(expected);
  });
});

describe('settings of the charger', () => {
  const rows: Array<[key: string, value: string, expected: string]> = [
    ['HeartbeatInterval', '60', 'answer setting.kept'],
    ['heartbeatINTERVAL', '60', 'answer setting.kept'],
    ['HeartbeatInterval', '9', 'refuse setting.beyondLimits'],
    ['HeartbeatInterval', '86401', 'refuse setting.beyondLimits'],
    ['HeartbeatInterval', '60.5', 'refuse setting.beyondLimits'],
    ['HeartbeatInterval', '-60', 'refuse setting.beyondLimits'],
    ['HeartbeatInterval', '', 'refuse setting.beyondLimits'],
    ['MeterValueSampleInterval', '0', 'refuse setting.beyondLimits'],
    ['WebSocketPingInterval', '0', 'answer setting.kept'],
    ['AuthorizationKey', '0123456789abcdef', 'refuse setting.guarded'],
    ['authorizationkey', '0123456789abcdef', 'refuse setting.guarded'],
    ['SecurityProfile', '0', 'refuse setting.guarded'],
    ['LightIntensity', '50', FORWARD],
  ];
  it.each(rows)('%s = %s: %s', (key, value, expected) => {
    expect(verdict('ChangeConfiguration', { key, value }, idle)).toBe(expected);
  });
});

describe('what the rules say about a session that runs', () => {
  it.each([
    ['forward', FORWARD],
    ['refuse', `refuse ${RUNS}`],
    ['defer', `refuse ${RUNS}`],
    ['accept-and-hold', `defer ${RUNS}`],
  ] as const)('a reset by %s', (policy, expected) => {
    expect(verdict('Reset', { type: 'Soft' }, charging, withRule('reset', policy))).toBe(expected);
  });

  it('moves nothing while none runs', () => {
    for (const policy of ['refuse', 'defer', 'accept-and-hold'] as const)
      expect(verdict('Reset', { type: 'Soft' }, idle, withRule('reset', policy))).toBe(FORWARD);
  });

  it('keeps the order of two commands about the availability of one connector', () => {
    const behind = (connector: number | null): CommandContext => ({
      ...charging,
      waiting: [{ name: 'changeAvailability', connector }],
    });
    const operative = (connectorId: number) => ({ connectorId, type: 'Operative' });
    const deferred = 'defer command.behindDeferred';
    expect(verdict('ChangeAvailability', operative(2), behind(2))).toBe(deferred);
    expect(verdict('ChangeAvailability', operative(0), behind(2))).toBe(deferred);
    expect(verdict('ChangeAvailability', operative(1), behind(null))).toBe(deferred);
    expect(verdict('ChangeAvailability', operative(1), behind(2))).toBe(FORWARD);
    expect(verdict('Reset', { type: 'Soft' }, { ...idle, waiting: behind(null).waiting })).toBe(FORWARD);
  });
});

it('a command that this CPMS may not give is refused whatever else is so', () => {
  const rules: GovernanceRules = {
    ...defaultGovernance,
    commands: {
      setChargingProfile: { policy: 'refuse', duringSession: 'forward', limits: {} },
      reset: { policy: 'refuse', duringSession: 'accept-and-hold', limits: {} },
    },
  };
  const refused = 'refuse command.notAllowed';
  expect(verdict('SetChargingProfile', { connectorId: 1 }, managed, rules)).toBe(refused);
  expect(verdict('Reset', { type: 'Soft' }, idle, rules)).toBe(refused);
  expect(verdict('Reset', { type: 'Soft' }, charging, rules)).toBe(refused);
  expect(verdict('UnlockConnector', { connectorId: 2 }, charging, rules)).toBe(FORWARD);
});

it('shows scheme and host of a refused URL, and nothing that may be a secret', () => {
  const location = 'ftp://user:secret@files.example.com:21/path-secret?sig=secret';
  const { reason } = judgeCommand(defaultGovernance, factsOf16('GetDiagnostics', { location }), idle);
  expect(reason.params).toEqual({ fault: 'credentials', url: 'ftp://files.example.com:21' });
  expect(JSON.stringify(reason)).not.toContain('secret');
});
