import { describe, expect, it } from 'vitest';
import { Histogram } from '../../../bench/histogram.ts';
import { pipelineTable, resultsPage, summary } from '../../../bench/report.ts';
import { type Cell, compare, median, type RowName } from '../../../bench/results.ts';
import { emptyCell } from '../../../bench/subject.ts';

function cell(row: RowName, chargers: number, answers: number, cpuMicros: number): Cell {
  const latency = new Histogram();
  for (let count = 0; count < answers; count++) latency.add(2_000);
  const isProduct = row === 'sample' || row === 'turn';
  return {
    row,
    chargers,
    cpms: isProduct ? 'away' : 'none',
    bytesPerCharger: isProduct ? 70_400 : null,
    figures: {
      ...emptyCell(),
      answers,
      cpuMicros,
      latency,
      elapsedMicros: 2_000_000,
      commits: 50,
      storeBytes: answers * 900,
    },
  };
}

const cells = [
  cell('ws', 200, 10_000, 100_000),
  cell('ocpp-rpc', 200, 4_000, 120_000),
  cell('sample', 200, 3_000, 180_000),
  cell('ws', 1, 50, 1_000),
  cell('sample', 1, 10, 1_000),
];

describe('compare', () => {
  it('relates a row to the baselines with as many chargers', () => {
    const sample = compare(cells)[2]!;
    expect(sample).toMatchObject({
      messagesPerSecond: 1_500,
      toWs: 0.3,
      toOcppRpcStrict: 0.75,
      cpuToOcppRpcStrict: 2,
      cpuMicrosPerMessage: 60,
      commitsPerSecond: 25,
      storeBytesPerMessage: 900,
      bytesPerCharger: 70_400,
    });
    expect(sample.p50Ms).toBeCloseTo(2, 1);
  });

  it('has no ratio where its baseline was not measured', () => {
    const alone = compare(cells)[4]!;
    expect(alone.toWs).toBe(0.2);
    expect(alone.toOcppRpcStrict).toBeNull();
    expect(alone.cpuToOcppRpcStrict).toBeNull();
  });

  it('has nothing per message where no message was answered', () => {
    const [silent] = compare([cell('sample', 1, 0, 500)]);
    expect(silent).toMatchObject({
      messagesPerSecond: 0,
      p50Ms: null,
      p99Ms: null,
      cpuMicrosPerMessage: null,
    });
  });
});

describe('median', () => {
  it('takes the middle, of an even number the lower one', () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([40, 10, 30, 20])).toBe(20);
  });
});

describe('report', () => {
  const result = {
    pipeline: compare(cells),
    recovery: { actors: 10_000, ms: 1_900, runsMs: [1_800, 1_900, 2_000], verifiedRecords: 100_000 },
    store: { bytesPerHourAtFiftyChargers: 12_340_000, storeBytesPerHour: 1_000_000, commitsPerHour: 6_000 },
    storm: null,
  };

  it('draws a table whose lines are equally long', () => {
    const lines = pipelineTable(result.pipeline).split('\n');
    expect(lines).toHaveLength(cells.length + 2);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    expect(lines[4]).toMatch(/\|\s+200 \|\s+sample \|\s+away \|\s+1500 \|/);
  });

  it('puts recovery and storage into words', () => {
    expect(summary(result)).toContain('1900 ms from process start to listening');
    expect(summary(result)).toContain('12.3 MB an hour');
    expect(summary({ pipeline: [], recovery: null, store: null, storm: null })).toBe('');
  });

  it('names machine class and commit on the page of results', () => {
    const page = resultsPage(result, { machine: '2 cores', commit: 'abc1234', date: '2026-01-01' });
    expect(page).toContain('2026-01-01, commit abc1234, 2 cores.');
    expect(page).toContain(pipelineTable(result.pipeline));
  });
});
