import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TlsMaterial } from '../../../adapters/ocpp-south/tls-settings.ts';
import { CertificateWatch } from '../../../app/certificate-watch.ts';
import { ContestAlarms } from '../../../app/contest-alarms.ts';
import { HostAlarms } from '../../../runtime/host/host-alarms.ts';
import { silentLog } from '../../../runtime/log.ts';
import { makeCertificate, type TestCertificate } from '../../helpers/certificates.ts';
import { HandClock } from '../adapters/ocpp/helpers.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let authority: TestCertificate;
let folder: string;
beforeAll(async () => {
  authority = await makeCertificate({
    commonName: 'authority',
    issuer: null,
    isAuthority: true,
    untilDays: 9_000,
  });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificate-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A server certificate that ends so many days after the hand clock's present. */
function ending(clock: HandClock, days: number): Promise<TestCertificate> {
  const untilDays = (clock.wallMs() - Date.now()) / DAY_MS + days;
  return makeCertificate({
    commonName: 'holdfast',
    issuer: authority,
    purpose: 'server',
    fromDays: Math.min(-1, untilDays - 1_000),
    untilDays,
  });
}

async function aWatch(days: number) {
  const clock = new HandClock();
  const alarms = new HostAlarms(clock);
  const steps: string[] = [];
  alarms.listen(({ code, text }, raised) => steps.push(`${raised ? '+' : '-'} ${code} ${text}`));
  const files = {
    certificateFile: join(folder, 'site.crt'),
    keyFile: join(folder, 'site.key'),
    clientCaFile: null,
  };
  const put = ({ certificate, key }: { certificate: string; key: string }): void => {
    writeFileSync(files.certificateFile, certificate);
    writeFileSync(files.keyFile, key);
  };
  const first = await ending(clock, days);
  put(first);
  const watch = new CertificateWatch({ files, alarms, clock, log: silentLog });
  const renewed: TlsMaterial[] = [];
  watch.start((material) => renewed.push(material));
  return { clock, alarms, steps, put, first, watch, renewed };
}

describe('the certificate files', () => {
  test('are taken over within a minute of their change, and only then', async () => {
    const { clock, put, renewed } = await aWatch(400);
    clock.advance(5 * MINUTE_MS);
    expect(renewed).toEqual([]);
    const next = await ending(clock, 500);
    put(next);
    clock.advance(MINUTE_MS);
    expect(renewed).toEqual([{ certificate: next.certificate, key: next.key, clientCa: null }]);
    clock.advance(5 * MINUTE_MS);
    expect(renewed).toHaveLength(1);
  });

  test('that are half replaced are not used; an alarm stands until they are whole', async () => {
    const { clock, alarms, put, first, renewed } = await aWatch(400);
    const next = await ending(clock, 500);
    put({ certificate: next.certificate, key: first.key });
    clock.advance(2 * MINUTE_MS);
    expect(renewed).toEqual([]);
    expect(alarms.standing().map(({ code }) => code)).toEqual(['tls.filesUnusable']);
    expect(alarms.standing()[0]?.text).not.toContain(first.key.slice(40, 60));
    put(next);
    clock.advance(MINUTE_MS);
    expect(renewed).toHaveLength(1);
    expect(alarms.standing()).toEqual([]);
  });

  test('are looked at no more once stopped', async () => {
    const { clock, watch } = await aWatch(400);
    watch.stop();
    expect(clock.armed).toBe(0);
  });
});

describe('the end of a certificate', () => {
  test('raises an alarm 60, 30 and 7 days before, and when it is there; a new certificate clears it', async () => {
    const { clock, alarms, steps, put } = await aWatch(62);
    for (let hour = 0; hour < 64 * 24; hour += 1) clock.advance(60 * MINUTE_MS);
    const raised = steps.filter((step) => step.startsWith('+'));
    expect(raised.map((step) => /in (\d+) days|has ended/.exec(step)?.[0])).toEqual([
      'in 60 days',
      'in 30 days',
      'in 7 days',
      'has ended',
    ]);
    expect(alarms.standing().map(({ code }) => code)).toEqual(['tls.certificateEnds']);
    put(await ending(clock, 400));
    clock.advance(MINUTE_MS);
    expect(alarms.standing()).toEqual([]);
  });

  test('is announced at the start where it is near', async () => {
    const { alarms } = await aWatch(20);
    expect(alarms.standing()[0]?.text).toMatch(/site\.crt ends on 20\d\d-\d\d-\d\d, in 20 days/);
  });
});

describe('a contested charger', () => {
  test('raises one alarm, which goes after 10 quiet minutes', () => {
    const clock = new HandClock();
    const alarms = new HostAlarms(clock);
    const contests = new ContestAlarms(alarms, clock);
    contests.raise('cp-1', '10.0.0.9');
    clock.advance(9 * MINUTE_MS);
    contests.raise('cp-1', '10.0.0.9');
    clock.advance(9 * MINUTE_MS);
    expect(alarms.standing().map(({ code }) => code)).toEqual(['charger.contested cp-1']);
    expect(alarms.standing()[0]?.text).toContain('10.0.0.9 logged in as cp-1');
    clock.advance(MINUTE_MS);
    expect(alarms.standing()).toEqual([]);
  });

  test('is one of 32 alarms at most', () => {
    const clock = new HandClock();
    const alarms = new HostAlarms(clock);
    const contests = new ContestAlarms(alarms, clock);
    for (let n = 0; n < 100; n += 1) contests.raise(`cp-${n}`, '10.0.0.9');
    expect(alarms.standing()).toHaveLength(32);
    contests.stop();
    expect(clock.armed).toBe(0);
  });
});
