import { readFileSync } from 'node:fs';

/** What the kernel counts for one process (Linux). */
export interface ProcessFigures {
  /** CPU time of the main thread in microseconds. */
  mainThreadCpuMicros: number;
  /** Resident memory in bytes. */
  rssBytes: number;
}

export function readFigures(pid: number): ProcessFigures {
  return parseFigures({
    schedstat: readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1'),
    status: readFileSync(`/proc/${pid}/status`, 'latin1'),
  });
}

/** The texts of the files of the same names; see proc(5). */
export function parseFigures(files: { schedstat: string; status: string }): ProcessFigures {
  return {
    mainThreadCpuMicros: Number(files.schedstat.split(' ')[0]) / 1_000,
    rssBytes: numberAfter(files.status, 'VmRSS:') * 1_024,
  };
}

function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  if (at < 0) throw new Error(`no ${label.trim()} in what the kernel tells`);
  return Number.parseInt(text.slice(at + label.length), 10);
}
