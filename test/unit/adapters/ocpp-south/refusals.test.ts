import { expect, test } from 'vitest';
import { REFUSALS_MAX, Refusals } from '../../../../adapters/ocpp-south/refusals.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { HandClock } from '../ocpp/helpers.ts';

test('refused connections are counted per kind, newest first, and bounded', () => {
  const refusals = new Refusals(new HandClock(), silentLog);
  refusals.add('<old>', '10.0.0.1', 'rejected');
  for (let n = 0; n < REFUSALS_MAX - 1; n += 1) refusals.add(`CP-${n}`, '10.0.0.2', 'rejected');
  refusals.add('<old>', '10.0.0.1', 'rejected');
  refusals.add('one more', '10.0.0.3', 'badCertificate', 'CERT_HAS_EXPIRED');
  const list = refusals.list();
  expect(list).toHaveLength(REFUSALS_MAX);
  expect(list.slice(0, 2)).toMatchObject([
    { identity: 'one more', cause: 'badCertificate', detail: 'CERT_HAS_EXPIRED', count: 1 },
    { identity: '\\u003cold\\u003e', cause: 'rejected', detail: null, count: 2 },
  ]);
  expect(list.some((one) => one.identity === 'CP-0')).toBe(false);
});
