import fc, { type Arbitrary } from 'fast-check';
import { moment, object, oneOf, some, text, withCustom } from './cpms-call-generators.ts';

/** Generated meter values, valid by the schemas of their version, with everything that chargers write as a number. */

const CONTEXTS = [
  ...['Interruption.Begin', 'Interruption.End', 'Other', 'Sample.Clock', 'Sample.Periodic'],
  ...['Transaction.Begin', 'Transaction.End', 'Trigger'],
];
const REGISTER = 'Energy.Active.Import.Register';
const MEASURANDS = [
  ...[REGISTER, 'Energy.Active.Export.Register', 'Energy.Reactive.Import.Interval', 'Power.Active.Import'],
  ...['Power.Factor', 'Current.Import', 'Current.Offered', 'Voltage', 'Frequency', 'SoC'],
];
const PHASES = ['L1', 'L2', 'L3', 'N', 'L1-N', 'L3-L1'];
const LOCATIONS = ['Body', 'Cable', 'EV', 'Inlet', 'Outlet'];
const UNITS_16 = [
  ...['Wh', 'kWh', 'varh', 'kvarh', 'W', 'kW', 'VA', 'kVA', 'var', 'kvar', 'A', 'V', 'K'],
  ...['Celcius', 'Celsius', 'Fahrenheit', 'Percent'],
];

/** An OCMF text: what stands inside is any text at all, escaped as JSON has it. */
export const ocmfText: Arbitrary<string> = fc
  .record({
    counter: fc.integer({ min: 1, max: 10 ** 9 }),
    reading: fc.integer({ min: 0, max: 10 ** 9 }).map((n) => n / 1000),
    unit: oneOf('Wh', 'kWh'),
    id: fc.string({ unit: 'binary', maxLength: 40 }),
    pad: oneOf('', ' ', '\t'),
    signature: fc.stringMatching(/^[0-9A-F]{16,96}$/),
    end: oneOf('', '', ' ', '\r\n'),
  })
  .map(({ counter, reading, unit, id, pad, signature, end }) => {
    const rd = `{"TM":"2026-11-25T12:00:00,000+0100 S","TX":"C","RV":${reading},"RI":"1-0:1.8.0","RU":"${unit}","ST":"G"}`;
    return `OCMF|{"FV":"1.0",${pad}"PG":"T${counter}","ID":${JSON.stringify(id)},"RD":[${rd}]}|{"SD":"${signature}"}${end}`;
  });
const signedText = fc.oneof(ocmfText, fc.string({ unit: 'binary', maxLength: 60 }), text(2600));
/** The text of a number as chargers write it, and some that is none. */
const numberText = fc.oneof(
  fc.integer({ min: -(10 ** 9), max: 10 ** 9 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  oneOf(
    '12345.6780',
    '+7',
    '.5',
    '5.',
    '1e3',
    '',
    'n/a',
    '12,5',
    '0x10',
    '123456789012345678901234.5',
    '1e400',
  ),
);
const labels = {
  context: oneOf(...CONTEXTS),
  phase: oneOf(...PHASES),
  location: oneOf(...LOCATIONS),
};
const sample16 = fc.oneof(
  {
    weight: 4,
    arbitrary: object(
      { value: numberText },
      {
        ...labels,
        format: fc.constant('Raw'),
        measurand: oneOf(...MEASURANDS, 'RPM', 'Temperature'),
        unit: oneOf(...UNITS_16),
      },
    ),
  },
  object(
    { value: signedText, format: fc.constant('SignedData') },
    { ...labels, measurand: oneOf(REGISTER, 'Temperature'), unit: oneOf('Wh', 'kWh') },
  ),
);
const signedMeterValue = object(
  {
    signedMeterData: signedText.map((each) => [...each].slice(0, 2500).join('')),
    signingMethod: text(50),
    encodingMethod: text(50),
    publicKey: text(2500),
  },
  withCustom,
);
const sample201 = object(
  {
    value: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  },
  {
    ...labels,
    ...withCustom,
    measurand: oneOf(...MEASURANDS, 'Energy.Active.Net', 'Energy.Apparent.Import'),
    signedMeterValue,
    unitOfMeasure: object(
      {},
      {
        unit: oneOf(...UNITS_16, 'Hz', 'MWh', 'anything'),
        multiplier: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.integer()),
      },
    ),
  },
);
export const meterValue16 = object({ timestamp: moment, sampledValue: fc.array(sample16, { maxLength: 5 }) });
export const meterValue201 = object({ timestamp: moment, sampledValue: some(sample201, 5) }, withCustom);
