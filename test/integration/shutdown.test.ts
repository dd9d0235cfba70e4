import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { builtMain } from '../helpers/built-product.ts';
import { Product } from '../helpers/product.ts';
import { RawCharger, RawCpms } from '../helpers/raw-peers.ts';

const SHUTDOWN_MAX_MS = 5_000;
const GOING_AWAY = 1001;

let cpms: RawCpms;
let product: Product;

beforeEach(async () => {
  cpms = await RawCpms.start();
  product = await Product.create({
    backendUrl: cpms.url,
    chargers: [{ id: 'raw-1' }, { id: 'raw-2' }],
    electrical: { fuseA: 63, reserveA: 3 },
    unknownTags: 'accept',
  });
  await product.start();
});
afterEach(async () => {
  await product.remove();
  cpms.stop();
});

interface ApiSession {
  id: string;
  state: string;
  transactionId: number;
  startedAt: string;
}

/** A booted charger with a running transaction, known to the CPMS. */
async function charging(identity: string): Promise<{ charger: RawCharger; transactionId: unknown }> {
  const charger = await RawCharger.connect(product.southUrl, identity);
  expect(await charger.boot()).toMatchObject({ status: 'Accepted' });
  await charger.status('Preparing');
  const { transactionId } = await charger.call('StartTransaction', {
    connectorId: 1,
    idTag: 'TAG',
    meterStart: 100,
    timestamp: new Date().toISOString(),
  });
  await charger.status('Charging');
  return { charger, transactionId };
}

describe('the product asked to end with SIGTERM', () => {
  test('says goodbye to both sides, takes its nats-server along, and ends within 5 s with exit code 0', async () => {
    const sessions = [await charging('raw-1'), await charging('raw-2')];
    await vi.waitFor(() => expect(cpms.open).toBe(2));
    const nats = product.natsPids();
    expect(nats.length).toBeGreaterThan(0);

    const askedAtMs = performance.now();
    const exit = await product.terminate();
    const tookMs = performance.now() - askedAtMs;
    const codes = await Promise.all(sessions.map(({ charger }) => charger.closed));

    expect(exit, product.lastWords()).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(SHUTDOWN_MAX_MS);
    expect(codes).toEqual([{ code: GOING_AWAY }, { code: GOING_AWAY }]);
    await vi.waitFor(() => expect(cpms.closeCodes).toEqual([GOING_AWAY, GOING_AWAY]));
    expect(product.natsPids()).toEqual([]);
  });

  test('is found again by the next start as it was', async () => {
    const first = await charging('raw-1');
    const before = await product.items<ApiSession>('sessions');
    expect(before.length).toBe(1);
    await product.terminate();
    await product.start();

    const after = await product.items<ApiSession>('sessions');
    const named = ({ id, state, transactionId, startedAt }: ApiSession) => ({
      id,
      state,
      transactionId,
      startedAt,
    });
    expect(after.map(named)).toEqual(before.map(named));
    expect(after[0]!.state).toBe('open');
    const health = await product.read<{ alarms: Array<{ code: string }> }>('health');
    const codes = health.alarms.map(({ code }) => code);
    for (const code of ['store.quarantined', 'journal.chain', 'bus.inProcess', 'bus.direct'])
      expect(codes).not.toContain(code);

    const again = await RawCharger.connect(product.southUrl, 'raw-1');
    await again.boot();
    await again.call('StopTransaction', {
      transactionId: first.transactionId,
      meterStop: 900,
      timestamp: new Date().toISOString(),
    });
    await vi.waitFor(() =>
      expect(cpms.calls.filter(({ action }) => action === 'StopTransaction').length).toBe(1),
    );
    expect(cpms.calls.filter(({ action }) => action === 'StartTransaction').length).toBe(1);
    await vi.waitFor(async () => {
      const [session] = await product.items<ApiSession>('sessions');
      expect(session!.state).toBe('settled');
    });
  });
});

describe('a second process on the same data folder', () => {
  test('is refused with exit code 1 and the reason, and the first one goes on', async () => {
    const { charger } = await charging('raw-1');
    const otherFile = join(product.siteFile, '..', 'other.yaml');
    const text = await readFile(product.siteFile, 'utf8');
    // Other ports: it is the data folder that is in the way.
    await writeFile(
      otherFile,
      text.replace(/127\.0\.0\.1:\d+/g, (address) => otherPort(address)),
    );

    const second = await runToEnd(['run', '-c', otherFile]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`in use by process ${product.pid}`);
    expect(second.stderr).toContain('stop that one first');
    expect(second.stderr).not.toContain(' at ');

    expect(await charger.call('Heartbeat', {})).toHaveProperty('currentTime');
    expect(product.isRunning).toBe(true);
  });
});

/** The backend's address stays. */
function otherPort(address: string): string {
  return cpms.url.endsWith(address) ? address : '127.0.0.1:0';
}

function runToEnd(args: string[]): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [builtMain(), ...args], { timeout: 20_000 }, (error, _stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stderr }),
    );
  });
}
