import { describe, expect, it } from 'vitest';
import {
  deferralAnswer201,
  keptVariables201,
  refusal201,
} from '../../../../../machines/shared/governance/commands201.ts';
import { cpmsActionsOf, violationIn } from '../../../../helpers/strict-schemas.ts';

/** Their responses carry no status, or none that refuses: a CALLERROR says it. */
const WITHOUT_A_WORD = [
  'ClearChargingProfile',
  'ClearDisplayMessage',
  'ClearVariableMonitoring',
  'CostUpdated',
  'GetChargingProfiles',
  'GetDisplayMessages',
  'GetInstalledCertificateIds',
  'GetLocalListVersion',
  'GetTransactionStatus',
  'GetVariables',
  'SetVariableMonitoring',
  'UnpublishFirmware',
];

const setVariableData = [
  { component: { name: 'TxCtrlr' }, variable: { name: 'EVConnectionTimeOut' }, attributeValue: '30' },
  {
    component: { name: 'OCPPCommCtrlr', evse: { id: 1 } },
    variable: { name: 'HeartbeatInterval', instance: 'a' },
    attributeType: 'MaxSet',
    attributeValue: '1',
  },
];

describe('the answers of our own in 2.0.1', () => {
  const actions = cpmsActionsOf('2.0.1');
  // Longer than the field for it: a reason names what the site file says.
  const reason = { code: 'command.beyondLimits', text: 'a reason '.repeat(100) };

  it.each(actions)(
    'a refused %s is told by its schema, or by an error where it has no word for it',
    (action) => {
      const refused = refusal201(action, { setVariableData }, () => reason);
      if (refused === null) expect(WITHOUT_A_WORD).toContain(action);
      else expect(violationIn('2.0.1', action, 'Response', refused)).toBeNull();
    },
  );

  it.each(actions)('a deferred %s is told by its schema', (action) => {
    const raw = deferralAnswer201(action);
    expect(raw && violationIn('2.0.1', action, 'Response', JSON.parse(raw))).toBeNull();
  });

  it('variables that are kept here are accepted one by one', () => {
    const kept = keptVariables201({ setVariableData });
    expect(violationIn('2.0.1', 'SetVariables', 'Response', kept)).toBeNull();
    expect(kept).toMatchObject({ setVariableResult: [{}, { attributeType: 'MaxSet' }] });
  });
});
