import type { StormResult } from './storm/figures.ts';
import type { CellFigures } from './subject.ts';

export type RowName = 'ws' | 'ocpp-rpc' | 'sample' | 'turn';
export type CpmsState = 'none' | 'online' | 'away';

/** One measured cell, before it is compared with the baselines of its run. */
export interface Cell {
  row: RowName;
  chargers: number;
  cpms: CpmsState;
  figures: CellFigures;
  /** Resident bytes per charger after settling; null where so few chargers tell nothing. */
  bytesPerCharger: number | null;
}

export interface PipelineResult {
  row: RowName;
  chargers: number;
  cpms: CpmsState;
  messagesPerSecond: number;
  p50Ms: number | null;
  p99Ms: number | null;
  /** Throughput as a share of the baselines' with as many chargers, in the same run. */
  toWs: number | null;
  toOcppRpcStrict: number | null;
  /** Main-thread CPU per message as a multiple of ocpp-rpc's. */
  cpuToOcppRpcStrict: number | null;
  bytesPerCharger: number | null;
  cpuMicrosPerMessage: number | null;
  commitsPerSecond: number;
  /** Bytes handed to the store, and bytes that the process then wrote (pages, and a little to sockets), per message. */
  storeBytesPerMessage: number | null;
  writtenBytesPerMessage: number | null;
  /** Messages that arrived at the CPMS per second of the run. */
  upstreamPerSecond: number;
  errors: number;
}

export interface BenchResult {
  pipeline: PipelineResult[];
  recovery: { actors: number; ms: number; runsMs: number[]; verifiedRecords: number } | null;
  store: {
    bytesPerHourAtFiftyChargers: number;
    storeBytesPerHour: number;
    commitsPerHour: number;
  } | null;
  storm: StormResult | null;
}

/** Compares each cell with the baselines of the same number of chargers. */
export function compare(cells: readonly Cell[]): PipelineResult[] {
  return cells.map((cell) => {
    const baseline = (row: RowName): CellFigures | undefined =>
      cells.find((other) => other.row === row && other.chargers === cell.chargers)?.figures;
    const ws = baseline('ws');
    const rpc = baseline('ocpp-rpc');
    const { figures } = cell;
    const perMessage = (value: number): number | null => ratio(value, figures.answers);
    return {
      row: cell.row,
      chargers: cell.chargers,
      cpms: cell.cpms,
      messagesPerSecond: round(rate(figures), 1),
      p50Ms: millis(figures, 0.5),
      p99Ms: millis(figures, 0.99),
      toWs: ws ? ratio(rate(figures), rate(ws)) : null,
      toOcppRpcStrict: rpc ? ratio(rate(figures), rate(rpc)) : null,
      cpuToOcppRpcStrict: rpc ? ratio(cpuOf(figures), cpuOf(rpc)) : null,
      bytesPerCharger: cell.bytesPerCharger,
      cpuMicrosPerMessage: perMessage(figures.cpuMicros),
      commitsPerSecond: round(perSecond(figures.commits, figures), 1),
      storeBytesPerMessage: perMessage(figures.storeBytes),
      writtenBytesPerMessage: perMessage(figures.writtenBytes),
      upstreamPerSecond: round(perSecond(figures.deliveredUpstream, figures), 1),
      errors: figures.errors,
    };
  });
}

/** Half of the values lie at or below it; of an even number the lower middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1]!;
}

function rate(figures: CellFigures): number {
  return perSecond(figures.answers, figures);
}

function perSecond(count: number, { elapsedMicros }: CellFigures): number {
  return elapsedMicros === 0 ? 0 : (count * 1_000_000) / elapsedMicros;
}

function cpuOf({ cpuMicros, answers }: CellFigures): number {
  return answers === 0 ? 0 : cpuMicros / answers;
}

function millis({ latency }: CellFigures, share: number): number | null {
  const micros = latency.quantileMicros(share);
  return micros === null ? null : round(micros / 1_000, 3);
}

function ratio(value: number, base: number): number | null {
  return base === 0 ? null : round(value / base, 3);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
