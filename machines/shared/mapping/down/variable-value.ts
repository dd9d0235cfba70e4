import type { ValueKind } from './variable-table.ts';

/** Longest key of the security extension: 40 hexadecimal digits. Shortest password of 2.0.1: 16 characters. */
const PASSWORD_BYTES = { min: 16, max: 20 } as const;
const PASSWORD_LENGTH = { min: 16, max: 40 } as const;
const PRINTABLE = /^[\x20-\x7e]+$/;
const HEX_BYTES = /^(?:[0-9a-f]{2})+$/i;

const UNITS_201: ReadonlyMap<string, string> = new Map([
  ['current', 'A'],
  ['power', 'W'],
]);
const UNITS_16: ReadonlyMap<string, string> = new Map([
  ['A', 'Current'],
  ['W', 'Power'],
]);

/** A value of a 1.6 key as its variable has it; null: it has no such value. */
export function valueTo201(kind: ValueKind, value: string): string | null {
  if (kind === 'password') return passwordTo201(value);
  return kind === 'rateUnits'
    ? eachOf(value, (unit) => UNITS_201.get(unit.toLowerCase()) ?? unit)
    : cased(kind, value);
}

/** A value of a variable as the 1.6 key has it; null: it has no such value. */
export function valueTo16(kind: ValueKind, value: string): string | null {
  if (kind === 'password') return passwordTo16(value);
  return kind === 'rateUnits'
    ? eachOf(value, (unit) => UNITS_16.get(unit.toUpperCase()) ?? unit)
    : cased(kind, value);
}

/** Booleans of 2.0.1 are lower case; chargers of 1.6 take any case and show `True` as well. */
function cased(kind: ValueKind, value: string): string {
  return kind === 'boolean' && /^(true|false)$/i.test(value) ? value.toLowerCase() : value;
}

function eachOf(list: string, one: (item: string) => string): string {
  return list
    .split(',')
    .map((item) => one(item.trim()))
    .join(',');
}

/** 1.6 writes the key as hexadecimal digits of its bytes, some CPMS as plain text; 2.0.1 as the text itself. */
function passwordTo201(key: string): string | null {
  const text = HEX_BYTES.test(key) ? textOfHex(key) : key;
  const fits = text.length >= PASSWORD_LENGTH.min && text.length <= PASSWORD_LENGTH.max;
  return fits && PRINTABLE.test(text) ? text : null;
}

function textOfHex(hex: string): string {
  const codes = (hex.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
  return String.fromCharCode(...codes);
}

function passwordTo16(password: string): string | null {
  const fits = password.length >= PASSWORD_BYTES.min && password.length <= PASSWORD_BYTES.max;
  if (!fits || !PRINTABLE.test(password)) return null;
  return [...password].map((char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
