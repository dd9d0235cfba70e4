import { expect, it } from 'vitest';
import { parseServerVersion, serverVersionWarning } from '../../../../adapters/nats/server-version.ts';

it.each([
  ['nats-server: v2.9.10\n', '2.9.10'],
  ['nats-server: v2.12.0-RC.1\n', '2.12.0-RC.1'],
  ['BusyBox v1.36 multi-call binary', undefined],
  ['', undefined],
])('reads the version out of %j', (text, version) => {
  expect(parseServerVersion(text)).toBe(version);
});

it.each(['2.9.10', '2.9.25', '1.4.1'])('warns of %s, by its name', (version) => {
  expect(serverVersionWarning(version)).toContain(`nats-server ${version} is older than 2.10`);
});

it.each(['2.10.0', '2.11.16', '2.14.0', '3.0.0', undefined])('says nothing of %s', (version) => {
  expect(serverVersionWarning(version)).toBeUndefined();
});
