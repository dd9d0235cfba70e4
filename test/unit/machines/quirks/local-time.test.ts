import { expect, test } from 'vitest';
import { utcReader } from '../../../../machines/shared/quirks/local-time.ts';

test.each([
  ['UTC', '2026-01-15T12:00:00', '2026-01-15T12:00:00Z'],
  ['Europe/Berlin', '2026-01-15T12:00:00', '2026-01-15T11:00:00Z'],
  ['Europe/Berlin', '2026-07-15 12:00:00.123456', '2026-07-15T10:00:00.123456Z'],
  ['Europe/Berlin', '2026-07-15T12:00', '2026-07-15T10:00:00Z'],
  ['Europe/Berlin', '2026-03-29T01:59:59', '2026-03-29T00:59:59Z'],
  ['Europe/Berlin', '2026-03-29T02:00:00', null],
  ['Europe/Berlin', '2026-03-29T03:00:00', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', '2026-10-25T01:59:59', '2026-10-24T23:59:59Z'],
  ['Europe/Berlin', '2026-10-25T02:30:00', null],
  ['Europe/Berlin', '2026-10-25T03:00:00', '2026-10-25T02:00:00Z'],
  ['Asia/Kolkata', '2026-01-01T00:15:00', '2025-12-31T18:45:00Z'],
  ['America/St_Johns', '2026-01-15T12:00:00', '2026-01-15T15:30:00Z'],
  ['Pacific/Kiritimati', '2026-01-15T12:00:00', '2026-01-14T22:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00', null],
  ['Europe/Berlin', '1970-01-01T00:00:00', '1969-12-31T23:00:00Z'],
  ['Europe/Berlin', '2026-02-30T12:00:00', null],
  ['Europe/Berlin', '2026-01-15T24:00:00', null],
  ['Europe/Berlin', '2026-01-15T12:00:60', null],
  ['Europe/Berlin', '2026-01-15T12:00:00Z', null],
  ['Europe/Berlin', '2026-01-15T12:00:00+01:00', null],
  ['Europe/Berlin', '2026-01-15', null],
  ['Europe/Berlin', 'yesterday', null],
])('in %s %s is %s', (zone, local, utc) => {
  expect(utcReader(zone)(local)).toBe(utc);
});
