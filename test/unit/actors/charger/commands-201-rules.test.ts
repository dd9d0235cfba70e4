import { describe, expect, it } from 'vitest';
import { defaultGovernance } from '../../../../machines/shared/governance/rules.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { CP, effectsIn } from '../../../helpers/charger-bench.ts';

const uuidToken = { idToken: '0f0c7c1e-0000-4000-8000-00000000abcd', type: 'Central' };
const sent = (turn: BenchTurn) => effectsIn(turn, 'south', 'call');
const north = (turn: BenchTurn) => effectsIn(turn, 'north', 'answer');

import { card, charging201, event, served201 } from '../../../helpers/event-bench.ts';

describe('the rules of the site', () => {
  const variable = (component: string, name: string, attributeValue: string) => ({
    component: { name: component },
    variable: { name },
    attributeValue,
  });
  it.each([
    ['NetworkConfigurationPriority', [variable('OCPPCommCtrlr', 'NetworkConfigurationPriority', '2')]],
    ['SecurityProfile', [variable('SecurityCtrlr', 'SecurityProfile', '0')]],
    [
      'a guarded one beside an allowed one',
      [variable('TxCtrlr', 'EVConnectionTimeOut', '30'), variable('SecurityCtrlr', 'SecurityProfile', '0')],
    ],
    [
      'HeartbeatInterval out of bounds among more than 50',
      [
        ...Array.from({ length: 50 }, () => variable('TxCtrlr', 'EVConnectionTimeOut', '30')),
        variable('OCPPCommCtrlr', 'HeartbeatInterval', '1'),
      ],
    ],
  ])('%s does not reach the charger', (_name, setVariableData) => {
    const b = served201('online');
    expect(sent(b.command201('SetVariables', { setVariableData }))).toEqual([]);
  });
  it.each([
    [
      'with a signature alone',
      {
        firmware: {
          location: 'ftp://user:secret@example.com/x',
          retrieveDateTime: '2026-01-01T00:00:00Z',
          signature: 'x',
        },
        requestId: 1,
      },
    ],
    [
      'plain (control: must be refused)',
      {
        firmware: { location: 'ftp://user:secret@example.com/x', retrieveDateTime: '2026-01-01T00:00:00Z' },
        requestId: 1,
      },
    ],
  ])('UpdateFirmware from an address that is not allowed, %s', (_name, payload) => {
    const b = served201('online');
    expect(sent(b.command201('UpdateFirmware', payload))).toEqual([]);
  });
  it('PublishFirmware from an address that is not allowed', () => {
    const b = served201('online');
    expect(
      sent(
        b.command201('PublishFirmware', {
          location: 'ftp://user:secret@example.com/x',
          checksum: 'a'.repeat(32),
          requestId: 1,
        }),
      ),
    ).toEqual([]);
  });
  const profile = {
    id: 1,
    stackLevel: 9,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Relative',
    chargingSchedule: [
      { id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 64 }] },
    ],
  };
  it.each([
    ['short token (control)', card],
    ['token of 36 characters', uuidToken],
  ])('RequestStartTransaction with load management on leaves without its profile, %s', (_n, idToken) => {
    const b = served201('online', { managed: true });
    const turn = b.command201('RequestStartTransaction', {
      evseId: 1,
      remoteStartId: 5,
      idToken,
      chargingProfile: profile,
    });
    for (const { raw } of sent(turn)) expect(JSON.parse(raw as string).chargingProfile).toBeUndefined();
  });
  it('a rule that refuses remote starts holds for a token of 36 characters', () => {
    const governance = {
      ...defaultGovernance,
      commands: {
        ...defaultGovernance.commands,
        remoteStart: { policy: 'refuse', duringSession: 'forward', limits: {} },
      },
    };
    const b = served201('online', { governance });
    expect(
      sent(b.command201('RequestStartTransaction', { evseId: 1, remoteStartId: 5, idToken: uuidToken })),
    ).toEqual([]);
  });
  it('SetChargingProfile for a transaction that is not known, load management on: refused, and no turn throws', () => {
    const b = served201('online', { managed: true });
    const chargingProfile = { ...profile, transactionId: 'nope' };
    expect(() => b.command201('SetChargingProfile', { evseId: 1, chargingProfile })).not.toThrow();
  });
  it('ClearChargingProfile of external constraints leaves the profiles of the CPMS alone', () => {
    const b = served201('online', { managed: true });
    const keep = { ...profile, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 1 };
    expect(north(b.command201('SetChargingProfile', { evseId: 1, chargingProfile: keep }))).toMatchObject([
      { raw: '{"status":"Accepted"}' },
    ]);
    const before = JSON.stringify(b.rows.get(`profiles/${CP}/all`));
    b.command201('ClearChargingProfile', {
      chargingProfileCriteria: { chargingProfilePurpose: 'ChargingStationExternalConstraints' },
    });
    expect(JSON.stringify(b.rows.get(`profiles/${CP}/all`))).toBe(before);
  });
  it('GetVariables shows the kept value of a guarded setting as GetConfiguration does', () => {
    const b = served201('online');
    b.command201('SetVariables', { setVariableData: [variable('OCPPCommCtrlr', 'HeartbeatInterval', '60')] });
    const turn = b.command201(
      'GetVariables',
      {
        getVariableData: [{ component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } }],
      },
      'c2',
    );
    const call = sent(turn)[0]!;
    const raw = JSON.stringify({
      getVariableResult: [
        {
          attributeStatus: 'Accepted',
          attributeValue: '300',
          component: { name: 'OCPPCommCtrlr' },
          variable: { name: 'HeartbeatInterval' },
        },
      ],
    });
    const answered = b.deliver(
      'south.answered',
      { action: 'GetVariables', version: '2.0.1', raw },
      { correlation: call.correlation as string, transient: JSON.parse(raw) },
    );
    expect(String(north(answered)[0]!.raw)).toContain('"60"');
  });
});

describe('GetTransactionStatus', () => {
  it('GetTransactionStatus is merged with the answer of a 2.0.1 charger that is online', () => {
    const b = charging201();
    for (const row of b.queue) b.rows.delete(`north/${CP}/${String(row.n).padStart(12, '0')}`);
    const turn = b.command201('GetTransactionStatus', { transactionId: 'tx-1' });
    expect(sent(turn)).toHaveLength(1);
  });
  it('GetTransactionStatus of a plugged transaction without a card counts its queued messages', () => {
    const b = served201('offline');
    b.call201('TransactionEvent', event('Started', 0));
    b.backend('online');
    const turn = b.command201('GetTransactionStatus', { transactionId: 'tx-1' });
    expect(sent(turn)).toEqual([]);
  });
});
