import { readFileSync } from 'node:fs';

/** What the kernel counts for one process (Linux). */
export interface ProcessFigures {
  /** CPU time of the main thread in microseconds. */
  mainThreadCpuMicros: number;
  /** Resident memory in bytes. */
  rssBytes: number;
  /**
   * Bytes handed to the write calls of the system: the store's pages, and the little that goes to sockets. (The
   * kernel's `write_bytes` is of no use here: it counts the whole group of pages around each page, up to a hundred
   * times too much, seen on ext4 with Linux 6.18. What the device counts is of everybody on the machine.)
   */
  writtenBytes: number;
}

export function readFigures(pid: number): ProcessFigures {
  return parseFigures({
    schedstat: readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1'),
    status: readFileSync(`/proc/${pid}/status`, 'latin1'),
    io: readFileSync(`/proc/${pid}/io`, 'latin1'),
  });
}

/** The texts of the files of the same names; see proc(5). */
export function parseFigures(files: { schedstat: string; status: string; io: string }): ProcessFigures {
  return {
    mainThreadCpuMicros: Number(files.schedstat.split(' ')[0]) / 1_000,
    rssBytes: numberAfter(files.status, 'VmRSS:') * 1_024,
    writtenBytes: numberAfter(files.io, 'wchar:'),
  };
}

function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  if (at < 0) throw new Error(`no ${label.trim()} in what the kernel tells`);
  return Number.parseInt(text.slice(at + label.length), 10);
}
