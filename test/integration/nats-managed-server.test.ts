import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writePidFile } from '../../adapters/nats/leftover-server.ts';
import { NatsServerUnusable, startManagedNats } from '../../adapters/nats/managed-server.ts';
import { connectNatsBus, type NatsBus } from '../../adapters/nats/nats-bus.ts';
import type { NatsServer } from '../../adapters/nats/nats-server.ts';
import { silentLog } from '../../runtime/log.ts';
import { SystemClock } from '../../runtime/system-clock.ts';
import { systemRandom } from '../../runtime/system-random.ts';
import { natsServerBinary } from '../helpers/nats.ts';

const clock = new SystemClock();
const binary = natsServerBinary();

let folder: string;
let statuses: string[];
let undo: Array<() => unknown>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));
  statuses = [];
  undo = [];
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  rmSync(folder, { recursive: true, force: true });
});

async function startServer(): Promise<NatsServer> {
  const onStatus = (status: string) => statuses.push(status);
  const server = await startManagedNats({ folder, siteId: 'north', binary, clock, log: silentLog, onStatus });
  undo.push(() => server.stop());
  return server;
}

function startBus(server: NatsServer): NatsBus {
  const options = { endpoint: server.endpoint, siteId: 'north', clock, random: systemRandom, log: silentLog };
  const bus = connectNatsBus(options);
  undo.push(() => bus.close());
  return bus;
}

function startChild(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  undo.push(() => {
    child.kill('SIGKILL');
  });
  return child;
}

const untilStatus = (bus: NatsBus, status: string, timeout: number) =>
  vi.waitUntil(() => bus.status === status, { timeout, interval: 10 });

function serverPid(): number {
  return JSON.parse(readFileSync(join(folder, 'nats-server.pid.json'), 'utf8')).pid;
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('the managed nats-server', () => {
  it('listens on a free loopback port that is not 4222, and keeps its files private', async () => {
    const server = await startServer();
    const port = server.endpoint()?.port ?? 0;
    expect(port).toBeGreaterThan(1_023);
    expect(port).not.toBe(4_222);
    expect(await canConnect('127.0.0.1', port)).toBe(true);
    const outside = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address !== undefined && !address.internal && address.family === 'IPv4');
    for (const address of outside) expect(await canConnect(address?.address ?? '', port)).toBe(false);
    for (const name of ['nats-server.conf', 'watch-credentials.json', 'nats-server.pid.json']) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(statuses).toEqual(['running']);
  });

  it('has new passwords at each start, the bus password in no file but its configuration', async () => {
    const first = await startServer();
    const firstPassword = first.endpoint()?.password ?? '';
    expect(firstPassword.length).toBeGreaterThanOrEqual(32);
    expect(readFileSync(join(folder, 'watch-credentials.json'), 'utf8')).not.toContain(firstPassword);
    await first.stop();
    const second = await startServer();
    expect(second.endpoint()?.password).not.toBe(firstPassword);
  });

  it('ends within two seconds on stop, even while it is stopped by a signal, and leaves no file behind', async () => {
    const server = await startServer();
    const pid = serverPid();
    process.kill(pid, 'SIGSTOP');
    const startedAtMs = clock.monotonicMs();
    await server.stop();
    expect(clock.monotonicMs() - startedAtMs).toBeLessThan(2_000);
    expect(isRunning(pid)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    expect(server.endpoint()).toBeUndefined();
  });

  it('dies with its parent when that is killed with SIGKILL', async () => {
    const parent = startChild(process.execPath, [
      '--import',
      'tsx',
      'test/integration/fixtures/nats-parent.ts',
      folder,
      binary,
    ]);
    await once(parent.stdout!, 'data');
    const pid = serverPid();
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(pid), { timeout: 2_000 });
  });

  it('of an earlier process that still runs is ended at the next start', async () => {
    await (await startServer()).stop();
    const configFile = join(folder, 'nats-server.conf');
    writeFileSync(configFile, 'host: "127.0.0.1"\nport: -1\n');
    const leftover = startChild(binary, ['-c', configFile]);
    writePidFile(join(folder, 'nats-server.pid.json'), leftover.pid ?? 0);
    const server = await startServer();
    expect(isRunning(leftover.pid ?? 0)).toBe(false);
    expect(server.endpoint()).toBeDefined();
  });

  it.each([
    ['another start time', (pid: number) => JSON.stringify({ pid, startTicks: '1' })],
    ['the right start time but another command', (pid: number) => readFileSync(pidFileOf(pid), 'utf8')],
  ])('leaves a process alone that the pid file names with %s', async (_, pidFileText) => {
    const stranger = startChild('/bin/sleep', ['30']);
    const pid = stranger.pid ?? 0;
    writeFileSync(join(folder, 'nats-server.pid.json'), pidFileText(pid));
    await startServer();
    expect(isRunning(pid)).toBe(true);
  });

  function pidFileOf(pid: number): string {
    const file = join(folder, 'stranger.json');
    writePidFile(file, pid);
    return file;
  }

  it.each(['', '{', '{"pid":1,"startTicks":"1"}', '{"pid":-1,"startTicks":"1"}', '{"pid":"x"}'])(
    'starts over a pid file that reads %j',
    async (text) => {
      writeFileSync(join(folder, 'nats-server.pid.json'), text);
      expect((await startServer()).endpoint()).toBeDefined();
    },
  );

  it('is refused when the binary is no nats-server', async () => {
    const options = { folder, siteId: 'north', clock, log: silentLog };
    await expect(startManagedNats({ ...options, binary: '/bin/true' })).rejects.toThrow(NatsServerUnusable);
    await expect(startManagedNats({ ...options, binary: join(folder, 'missing') })).rejects.toThrow(
      NatsServerUnusable,
    );
    expect(existsSync(join(folder, 'nats-server.conf'))).toBe(false);
  });
});

describe('the bus on a managed nats-server', () => {
  it('is back within 5 s, on the same port, after the server was killed', async () => {
    const server = await startServer();
    const bus = startBus(server);
    const received: string[] = [];
    bus.onMessage((message) => received.push(message.outboxId));
    await untilStatus(bus, 'connected', 3_000);
    const port = server.endpoint()?.port;
    const pid = serverPid();

    process.kill(pid, 'SIGKILL');
    await untilStatus(bus, 'away', 1_000);
    await untilStatus(bus, 'connected', 5_000);

    expect(serverPid()).not.toBe(pid);
    expect(server.endpoint()?.port).toBe(port);
    expect(statuses).toEqual(['running', 'down', 'running']);
    bus.publish([{ outboxId: 'after', to: 'charger/a', body: '{}' }]);
    await vi.waitUntil(() => received.length > 0);
    expect(received).toEqual(['after']);
  });

  it('follows the server to another port when the old one was taken meanwhile', async () => {
    const server = await startServer();
    const bus = startBus(server);
    await untilStatus(bus, 'connected', 3_000);
    const port = server.endpoint()?.port ?? 0;
    const squatter = createServer((socket) => socket.destroy());
    undo.push(() => new Promise<void>((resolve) => squatter.close(() => resolve())));

    process.kill(serverPid(), 'SIGKILL');
    await vi.waitUntil(
      () =>
        new Promise<boolean>((resolve) => {
          squatter.once('error', () => resolve(false));
          squatter.listen(port, '127.0.0.1', () => resolve(true));
        }),
      { interval: 5 },
    );
    await vi.waitUntil(() => bus.status === 'connected' && server.endpoint()?.port !== port, {
      timeout: 5_000,
    });
  });

  it('says away within 2 s of the server being stopped by a signal, and is back when it goes on', async () => {
    const server = await startServer();
    const bus = startBus(server);
    await untilStatus(bus, 'connected', 3_000);
    const pid = serverPid();

    process.kill(pid, 'SIGSTOP');
    await untilStatus(bus, 'away', 2_000);
    expect(bus.statusDetail).toContain('no answer to a ping');
    process.kill(pid, 'SIGCONT');
    await untilStatus(bus, 'connected', 2_000);
    expect(serverPid()).toBe(pid);
  });
});
