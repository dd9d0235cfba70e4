import { describe, expect, it } from 'vitest';
import { parseDiskStats } from '../../../bench/device-writes.ts';
import { parseFigures } from '../../../bench/process-figures.ts';

describe('parseFigures', () => {
  it('reads CPU time of the main thread and resident memory', () => {
    const figures = parseFigures({
      schedstat: '1234567890 55 77\n',
      status: 'Name:\tnode\nVmHWM:\t  999 kB\nVmRSS:\t   2048 kB\nThreads:\t11\n',
    });
    expect(figures).toEqual({ mainThreadCpuMicros: 1_234_567.89, rssBytes: 2_097_152 });
  });

  it('says which figure the kernel does not tell', () => {
    expect(() => parseFigures({ schedstat: '1 2 3', status: 'Name:\tnode\n' })).toThrow('VmRSS');
  });
});

describe('parseDiskStats', () => {
  const text =
    '   8       0 sda 1 2 3 4 5 6 100 8 0 9 10\n 254       0 vda 69954 17053 4740890 169584 243552 81594 6738632 205782 0 41496 387745\n';

  it('finds the sectors written of the device by its number', () => {
    expect(parseDiskStats(text, 254 << 8)).toBe(6_738_632 * 512);
    expect(parseDiskStats(text, 8 << 8)).toBe(51_200);
  });

  it('knows nothing of a device that is not listed', () => {
    expect(parseDiskStats(text, 30)).toBeNull();
  });
});
