import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../../../machines/shared/governance/secrets.ts';

describe('secrets in commands of 2.0.1', () => {
  it('the key of a charger is masked, and nothing beside it', () => {
    const other = {
      component: { name: 'TxCtrlr' },
      variable: { name: 'EVConnectionTimeOut' },
      attributeValue: '30',
    };
    const key = {
      component: { name: 'SecurityCtrlr' },
      variable: { name: 'basicAuthPassword' },
      attributeValue: 'abc',
    };
    expect(withoutSecrets({ setVariableData: [other, key] })).toEqual({
      setVariableData: [other, { ...key, attributeValue: '***' }],
    });
    expect(withoutSecrets({ setVariableData: [other] })).toBeNull();
  });

  it('the passwords of a network profile are masked', () => {
    const connectionData = {
      ocppCsmsUrl: 'wss://cpms.example.com',
      apn: { apn: 'net', apnPassword: 'one', simPin: 1234, apnAuthentication: 'CHAP' },
      vpn: { server: 'vpn', user: 'u', password: 'two', key: 'three', type: 'IPSec' },
    };
    const masked = JSON.stringify(withoutSecrets({ configurationSlot: 1, connectionData }));
    for (const secret of ['one', 'two', 'three', '1234']) expect(masked).not.toContain(secret);
    expect(masked).toContain('wss://cpms.example.com');
  });
});
