import { type Decimal, decimalOf } from './decimal.ts';

/** SignedMeterValueType of OCPP 2.0.1; all four are required there. */
export interface SignedMeterValue {
  signedMeterData: string;
  signingMethod: string;
  encodingMethod: string;
  publicKey: string;
}

const LENGTHS_MAX: Readonly<Record<keyof SignedMeterValue, number>> = {
  signedMeterData: 2500,
  signingMethod: 50,
  encodingMethod: 50,
  publicKey: 2500,
};
const NAMES = Object.keys(LENGTHS_MAX) as Array<keyof SignedMeterValue>;

/**
 * The signed value in a 1.6 SampledValue of format SignedData. Either the bare signed text, or the JSON of the 2.0.1
 * type, which is how the Open Charge Alliance's application note on signed meter values carries the method and the key
 * in 1.6. The signed text itself comes out byte-exact. Null: too long for 2.0.1; it is never cut.
 */
export function signedFrom(value: string): SignedMeterValue | null {
  const signed = unwrapped(value) ?? { ...bare(value) };
  return NAMES.every((name) => signed[name].length <= LENGTHS_MAX[name]) ? signed : null;
}

/** The other way: the bare text where nothing else is to be told, else the JSON of all four. */
export function textOfSigned(signed: SignedMeterValue): string {
  const { signedMeterData, signingMethod, encodingMethod, publicKey } = signed;
  const plain = bare(signedMeterData);
  const isPlain = signingMethod === '' && publicKey === '' && encodingMethod === plain.encodingMethod;
  if (isPlain && unwrapped(signedMeterData) === null) return signedMeterData;
  return JSON.stringify({ signedMeterData, signingMethod, encodingMethod, publicKey });
}

function bare(text: string): SignedMeterValue {
  const encodingMethod = text.startsWith('OCMF|') ? 'OCMF' : '';
  return { signedMeterData: text, signingMethod: '', encodingMethod, publicKey: '' };
}

/** Null when the text is not exactly that object: then all of it is the signed text. */
function unwrapped(text: string): SignedMeterValue | null {
  const object = text.startsWith('{') ? parsed(text) : null;
  if (object === null || typeof object.signedMeterData !== 'string') return null;
  const isKnown = Object.entries(object).every(
    ([key, value]) => Object.hasOwn(LENGTHS_MAX, key) && typeof value === 'string',
  );
  return isKnown
    ? ({ signingMethod: '', encodingMethod: '', publicKey: '', ...object } as SignedMeterValue)
    : null;
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

interface OcmfReading {
  RV?: unknown;
  RU?: unknown;
  RI?: unknown;
}

/** OBIS codes of exported energy: 2.8.x, and C0 to C3 of OCMF. */
const EXPORTED = /(?:^|[^0-9])0?2\.0?8\.|C[0-3]\./;

/**
 * The energy that an OCMF text says, in its own unit; of several readings the first for `begin`, else the last. Null
 * when it is no OCMF, or says none. (2.0.1 wants a number beside every signed text; this one is the text's own.)
 */
export function ocmfReading(text: string, begin: boolean): { value: Decimal; unit: 'Wh' | 'kWh' } | null {
  const end = text.lastIndexOf('|');
  const content = text.startsWith('OCMF|') && end > 5 ? parsed(text.slice(5, end)) : null;
  const readings = Array.isArray(content?.RD) ? (content.RD as Array<OcmfReading | null>) : [];
  let unit: unknown;
  const found: Array<{ value: Decimal; unit: 'Wh' | 'kWh' }> = [];
  for (const reading of readings) {
    // A reading that repeats the unit of the one before it may leave it out.
    unit = reading?.RU ?? unit;
    const value = typeof reading?.RV === 'number' ? decimalOf(String(reading.RV)) : null;
    if (value === null || (unit !== 'Wh' && unit !== 'kWh') || EXPORTED.test(String(reading?.RI ?? '')))
      continue;
    found.push({ value, unit });
  }
  return found.at(begin ? 0 : -1) ?? null;
}
