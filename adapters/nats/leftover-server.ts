import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';

const TERM_WAIT_MS = 1_000;
const KILL_WAIT_MS = 500;
const POLL_MS = 20;

/** What the pid file says of the server that a process of ours started. */
interface PidRecord {
  pid: number;
  /** Clock ticks from boot to its start, as in /proc/<pid>/stat: tells it from a later process with the same number. */
  startTicks: string;
}

export function writePidFile(pidFile: string, pid: number): void {
  const startTicks = readStartTicks(pid);
  if (startTicks === undefined) return;
  writeFileSync(pidFile, JSON.stringify({ pid, startTicks } satisfies PidRecord), { mode: 0o600 });
}

/**
 * Ends a server that an earlier, killed process of ours left behind; returns its pid if there was one.
 * It is ours only if number, start time and its command line (which names our configuration file) all agree.
 * Where there is no /proc nothing is recognised: the left-over keeps its own port and does no harm.
 */
export async function endLeftover(
  pidFile: string,
  configFile: string,
  clock: Clock,
): Promise<number | undefined> {
  const record = readPidFile(pidFile);
  rmSync(pidFile, { force: true });
  if (record === undefined || !isOurs(record, configFile)) return undefined;
  const gone = () => !isOurs(record, configFile);
  signal(record.pid, 'SIGTERM');
  if (!(await waitFor(gone, TERM_WAIT_MS, clock))) {
    signal(record.pid, 'SIGKILL');
    await waitFor(gone, KILL_WAIT_MS, clock);
  }
  return record.pid;
}

function readPidFile(pidFile: string): PidRecord | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(pidFile, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || !('startTicks' in parsed))
      return undefined;
    const { pid, startTicks } = parsed;
    // Never 0, 1 or negative: those would signal a group, init or everything.
    if (!Number.isSafeInteger(pid) || Number(pid) <= 1 || typeof startTicks !== 'string') return undefined;
    return { pid: Number(pid), startTicks };
  } catch {
    return undefined;
  }
}

function isOurs(record: PidRecord, configFile: string): boolean {
  if (readStartTicks(record.pid) !== record.startTicks) return false;
  try {
    return readFileSync(`/proc/${record.pid}/cmdline`, 'utf8').split('\0').includes(configFile);
  } catch {
    return false;
  }
}

/** Undefined if there is no such process, or it has ended and only awaits its parent. */
function readStartTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold spaces: count from its end. State is field 3, start 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended in between.
  }
}

async function waitFor(condition: () => boolean, timeoutMs: number, clock: Clock): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  while (!condition()) {
    if (clock.monotonicMs() >= deadlineMs) return false;
    await new Promise<void>((resolve) => clock.setTimer(POLL_MS, resolve));
  }
  return true;
}
