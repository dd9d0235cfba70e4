/** A decimal number without loss: `digits` × 10^`exponent`. Meter readings are never computed in floating point. */
export interface Decimal {
  digits: bigint;
  exponent: number;
}

const DECIMAL = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$/;
const TEXT_LENGTH_MAX = 64;
/** A double reaches to 10^308. */
const POWER_MAX = 400;

/** Null when the text is no decimal number, or longer than any meter's. */
export function decimalOf(text: string): Decimal | null {
  const match = text.length <= TEXT_LENGTH_MAX ? DECIMAL.exec(text) : null;
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  if ((whole === '' && fraction === '') || Math.abs(Number(power)) > POWER_MAX) return null;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(power) - fraction.length };
}

export function timesTenTo(power: number, { digits, exponent }: Decimal): Decimal {
  return { digits, exponent: exponent + power };
}

export function plus(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { digits: scaled(a, exponent) + scaled(b, exponent), exponent };
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}

/** Plain text without an exponent; null when that would need more than 64 digits. */
export function textOfDecimal({ digits, exponent }: Decimal): string | null {
  if (digits === 0n) return '0';
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString();
  if (text.length + Math.abs(exponent) > TEXT_LENGTH_MAX) return null;
  if (exponent >= 0) return sign + text + '0'.repeat(exponent);
  const filled = text.padStart(1 - exponent, '0');
  return `${sign}${filled.slice(0, exponent)}.${filled.slice(exponent)}`;
}

/** The nearest whole number, halves away from zero; null beyond what a JSON number holds exactly. */
export function nearestWhole(decimal: Decimal): number | null {
  const { digits, exponent } = decimal;
  if (digits === 0n || exponent < -2 * TEXT_LENGTH_MAX) return 0;
  if (exponent > TEXT_LENGTH_MAX) return null;
  const unit = exponent < 0 ? 10n ** BigInt(-exponent) : 1n;
  const value = exponent < 0 ? digits : scaled(decimal, 0);
  const half = value < 0n ? -unit : unit;
  const whole = Number((2n * value + half) / (2n * unit));
  return Number.isSafeInteger(whole) ? whole : null;
}

export function isSameDecimal(a: Decimal, b: Decimal): boolean {
  const [x, y] = [trimmed(a), trimmed(b)];
  return x.digits === y.digits && x.exponent === y.exponent;
}

function trimmed({ digits, exponent }: Decimal): Decimal {
  if (digits === 0n) return { digits, exponent: 0 };
  let [rest, power] = [digits, exponent];
  for (; rest % 10n === 0n; power++) rest /= 10n;
  return { digits: rest, exponent: power };
}
