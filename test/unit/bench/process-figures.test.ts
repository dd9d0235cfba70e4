import { describe, expect, it } from 'vitest';
import { parseFigures } from '../../../bench/process-figures.ts';

describe('parseFigures', () => {
  it('reads CPU time of the main thread, resident memory and what was written', () => {
    const figures = parseFigures({
      schedstat: '1234567890 55 77\n',
      status: 'Name:\tnode\nVmHWM:\t  999 kB\nVmRSS:\t   2048 kB\nThreads:\t11\n',
      io: 'rchar: 1\nwchar: 4711\nsyscr: 3\nwrite_bytes: 99\n',
    });
    expect(figures).toEqual({ mainThreadCpuMicros: 1_234_567.89, rssBytes: 2_097_152, writtenBytes: 4_711 });
  });

  it('says which figure the kernel does not tell', () => {
    expect(() => parseFigures({ schedstat: '1 2 3', status: 'Name:\tnode\n', io: 'wchar: 1\n' })).toThrow(
      'VmRSS',
    );
  });
});
