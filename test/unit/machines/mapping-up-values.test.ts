import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Payload } from '../../../machines/shared/mapping/mapping.ts';
import {
  type Decimal,
  decimalOf,
  nearestWhole,
  plus,
  textOfDecimal,
} from '../../../machines/shared/mapping/up/decimal.ts';
import { idTagFor } from '../../../machines/shared/mapping/up/id-tag.ts';
import { mapUp } from '../../../machines/shared/mapping/up/map-up.ts';
import { sha256 } from '../../../machines/shared/sha256.ts';
import { benchOf, NOON } from '../../helpers/mapping-bench.ts';

const { answered, sent } = benchOf(mapUp);

const AT = '2026-11-25T12:00:00.000Z';
const OCMF = 'OCMF|{"FV":"1.0","RD":[{"RV":12.345,"RI":"1-0:1.8.0","RU":"kWh"}]}|{"SD":"3045"}';

describe('meter values of a 1.6 charger', () => {
  const made = (...sampledValue: Payload[]) => {
    const meterValue = [{ timestamp: AT, sampledValue }];
    const { calls, lost } = sent('1.6', 'MeterValues', { connectorId: 2, meterValue });
    const values = calls[0]!.payload.meterValue as Array<{ sampledValue: Payload[] }>;
    return { payload: calls[0]!.payload, samples: values[0]!.sampledValue, lost };
  };

  test('outside of a transaction are those of an EVSE', () => {
    expect(made({ value: '3' }).payload).toEqual({
      evseId: 2,
      meterValue: [{ timestamp: AT, sampledValue: [{ value: 3 }] }],
    });
  });

  test('keep what they are called', () => {
    const labels = { context: 'Trigger', measurand: 'Voltage', phase: 'L1-N', location: 'Inlet' };
    expect(made({ value: '230.10', ...labels, unit: 'V', format: 'Raw' }).samples).toEqual([
      { value: 230.1, ...labels, unitOfMeasure: { unit: 'V' } },
    ]);
    expect(made({ value: '1', unit: 'Celcius' }).samples[0]?.unitOfMeasure).toEqual({ unit: 'Celsius' });
  });

  test.each(['n/a', '', '12,5', '0x10', '1e400'])('that say %j are left out, and listed', (value) => {
    const { samples, lost } = made({ value: '1' }, { value });
    expect(samples).toEqual([{ value: 1 }]);
    expect(lost).toEqual(['meterValue[].sampledValue[]']);
  });

  test.each(['RPM', 'Temperature'])('of %s, which 2.0.1 has not, are left out', (measurand) => {
    expect(made({ value: '1' }, { value: '2', measurand }).samples).toEqual([{ value: 1 }]);
  });

  test('with more digits than a JSON number holds say so', () => {
    const { samples, lost } = made({ value: '123456789012345678.5' });
    expect(samples).toEqual([{ value: Number('123456789012345678.5') }]);
    expect(lost).toEqual(['meterValue[].sampledValue[].value']);
  });

  test('that are all unsayable are answered', () => {
    const meterValue = [{ timestamp: AT, sampledValue: [{ value: 'n/a' }] }];
    expect(answered('1.6', 'MeterValues', { connectorId: 2, meterValue })).toEqual({});
  });

  const signed = { value: OCMF, format: 'SignedData' };
  const bare = { signedMeterData: OCMF, signingMethod: '', encodingMethod: 'OCMF', publicKey: '' };

  test('that are signed stand with the sample that they sign', () => {
    const context = 'Transaction.End';
    const { samples } = made({ value: '5' }, { value: '12345', context }, { ...signed, context });
    expect(samples).toEqual([{ value: 5 }, { value: 12345, context, signedMeterValue: bare }]);
  });

  test('that are signed and stand alone have the reading of their own text', () => {
    expect(made({ ...signed, unit: 'Wh' }).samples).toEqual([
      { value: 12.345, unitOfMeasure: { unit: 'kWh' }, signedMeterValue: bare },
    ]);
  });

  test('that are signed, stand alone and cannot be read say that their number is none', () => {
    expect(made({ value: 'base64==', format: 'SignedData' }).samples).toEqual([
      {
        value: 0,
        signedMeterValue: {
          signedMeterData: 'base64==',
          signingMethod: '',
          encodingMethod: '',
          publicKey: '',
        },
        customData: { vendorId: 'holdfast', valueUnknown: true },
      },
    ]);
  });

  test('that are signed in the JSON of the application note are unwrapped', () => {
    const wrapped = { ...bare, signingMethod: 'ECDSA-secp256r1-SHA256', publicKey: 'oca:base16:asn1:30' };
    const value = JSON.stringify(wrapped);
    expect(made({ value: '1' }, { value, format: 'SignedData' }).samples[0]?.signedMeterValue).toEqual(
      wrapped,
    );
  });

  test('that are signed in more than 2500 characters are left out rather than cut', () => {
    const { samples, lost } = made({ value: '1' }, { value: 'x'.repeat(2501), format: 'SignedData' });
    expect(samples).toEqual([{ value: 1 }]);
    expect(lost).toEqual(['meterValue[].sampledValue[]']);
  });
});

describe('meter values of a 2.0.1 charger', () => {
  const made = (...sampledValue: Payload[]) => {
    const meterValue = [{ timestamp: AT, sampledValue }];
    const { calls, lost } = sent('2.0.1', 'MeterValues', { evseId: 2, meterValue });
    const values = calls[0]!.payload.meterValue as Array<{ sampledValue: Payload[] }>;
    return { samples: values[0]!.sampledValue, lost };
  };

  test.each([
    [{ value: 0.1 }, '0.1'],
    [{ value: 1e21 }, '1000000000000000000000'],
    [{ value: 1.5e-7 }, '0.00000015'],
    [{ value: 4.35, unitOfMeasure: { multiplier: 2 } }, '435'],
    [{ value: -1234, unitOfMeasure: { multiplier: -3 } }, '-1.234'],
  ])('%j are the text %s', (sample, value) => {
    expect(made(sample).samples).toEqual([{ value }]);
  });

  test('in hertz have no unit, as 1.6 has none for it', () => {
    const sample = { value: 50, measurand: 'Frequency', unitOfMeasure: { unit: 'Hz' } };
    expect(made(sample).samples).toEqual([{ value: '50', measurand: 'Frequency' }]);
  });

  test.each<[string, Payload]>([
    ['a unit that 1.6 has not', { value: 1, unitOfMeasure: { unit: 'MWh' } }],
    ['a measurand that 1.6 has not', { value: 1, measurand: 'Energy.Apparent.Net' }],
    ['a number that no meter shows', { value: 1e300 }],
  ])('of %s are left out, and listed', (_, sample) => {
    const { samples, lost } = made({ value: 2 }, sample);
    expect(samples).toEqual([{ value: '2' }]);
    expect(lost).toEqual(['meterValue[].sampledValue[]']);
  });

  const signedMeterValue = {
    signedMeterData: OCMF,
    signingMethod: '',
    encodingMethod: 'OCMF',
    publicKey: '',
  };

  test('that are signed are two samples, the signed text bare when nothing else is to be told', () => {
    expect(made({ value: 12.345, unitOfMeasure: { unit: 'kWh' }, signedMeterValue }).samples).toEqual([
      { value: '12.345', unit: 'kWh' },
      { value: OCMF, format: 'SignedData', unit: 'kWh' },
    ]);
  });

  test('that are signed with a key carry it in JSON', () => {
    const withKey = { ...signedMeterValue, publicKey: 'oca:base16:asn1:30' };
    const [, signed] = made({ value: 1, signedMeterValue: withKey }).samples;
    expect(JSON.parse(String(signed?.value))).toEqual(withKey);
  });

  test('that are signed go on even if 1.6 cannot say their number', () => {
    const sample = {
      value: 0.5,
      context: 'Transaction.End',
      unitOfMeasure: { unit: 'MWh' },
      signedMeterValue,
    };
    const { samples, lost } = made(sample);
    expect(samples).toEqual([{ value: OCMF, format: 'SignedData', context: 'Transaction.End' }]);
    expect(lost).toEqual(['meterValue[].sampledValue[].value']);
  });
});

describe('a card of a 2.0.1 charger', () => {
  const long = 'DE-8AC-C12E46L89-and-more';
  const hashOf = (text: string): string => idTagFor({ idToken: text, type: 'Central' });

  test('of more than 20 characters has a short name that can be read, and is always the same', () => {
    expect(hashOf(long)).toMatch(/^DE-8AC-~[0-9a-v]{12}$/);
    expect(hashOf(long)).toBe(hashOf(long));
    expect(hashOf(long.toLowerCase()).toLowerCase()).toBe(hashOf(long).toLowerCase());
    expect(hashOf(`${long}!`)).not.toBe(hashOf(long));
  });

  test('that is keyed in as the short name of another is not taken for it', () => {
    expect(hashOf(hashOf(long))).not.toBe(hashOf(long));
  });

  test('is listed as lost when its text is not sent', () => {
    const lostOf = (text: string) =>
      sent('2.0.1', 'Authorize', { idToken: { idToken: text, type: 'Central' } }).lost;
    expect(lostOf(long)).toEqual(['idToken.type', 'idToken.idToken']);
    expect(lostOf('x'.repeat(20))).toEqual(['idToken.type']);
  });

  test('is authorised with its group and expiry, and its certificate is not asked about', () => {
    const request = { idToken: { idToken: 'CARD', type: 'eMAID' }, certificate: 'PEM' };
    const made = sent('2.0.1', 'Authorize', request);
    expect(made.calls).toEqual([{ action: 'Authorize', payload: { idTag: 'CARD' } }]);
    expect(made.lost).toEqual(['idToken.type', 'certificate']);
    expect(made.answer({ idTagInfo: { status: 'Expired', expiryDate: AT, parentIdTag: 'P' } })).toEqual({
      idTokenInfo: {
        status: 'Expired',
        cacheExpiryDateTime: AT,
        groupIdToken: { idToken: 'P', type: 'Central' },
      },
    });
  });
});

test('the digest is the SHA-256 that everybody else computes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const hex = sha256(text).map((word) => word.toString(16).padStart(8, '0'));
      expect(hex.join('')).toBe(createHash('sha256').update(text).digest('hex'));
    }),
    { numRuns: 100 },
  );
});

describe('a decimal', () => {
  const decimal = (text: string): Decimal => decimalOf(text)!;

  test('adds up where floats do not', () => {
    expect(textOfDecimal(plus(decimal('0.1'), decimal('0.2')))).toBe('0.3');
  });

  test.each([
    ['0.5', 1],
    ['-0.5', -1],
    ['1.4999999999999999', 1],
    ['9007199254740993', null],
    ['1e-300', 0],
    ['1e300', null],
  ])('%s is nearest to %s', (text, whole) => {
    expect(nearestWhole(decimal(text))).toBe(whole);
  });
});

describe('times', () => {
  test.each([
    ['2026-11-25T12:00:00.5+02:00', '2026-11-25T12:00:00.5+02:00'],
    ['2026-11-25T12:00:00', '2026-11-25T12:00:00.000Z'],
  ])('%s of a 1.6 charger is sent as %s', (timestamp, becomes) => {
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp };
    expect(sent('1.6', 'StatusNotification', status).calls[0]?.payload.timestamp).toBe(becomes);
  });

  test('that are none are the time of sending, and listed', () => {
    const now = new Date(NOON).toISOString();
    const timestamp = '2026-13-45T99:00:00Z';
    const status = { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp };
    const made = sent('1.6', 'StatusNotification', status);
    expect(made.calls[0]?.payload.timestamp).toBe(now);
    expect(made.lost).toEqual(['timestamp']);
  });

  test.each(['Heartbeat', 'BootNotification'])('of a 1.6 CPMS in answer to a %s have a zone', (action) => {
    const boot = { reason: 'PowerUp', chargingStation: { vendorName: 'V', model: 'M' } };
    const made = sent('2.0.1', action, action === 'Heartbeat' ? {} : boot);
    const answer = { status: 'Accepted', interval: 60, currentTime: '2026-11-25T12:00:00' };
    expect(made.answer(answer)).toMatchObject({ currentTime: '2026-11-25T12:00:00.000Z' });
  });
});
