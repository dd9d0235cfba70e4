import type { SimulatedConnector } from './simulated-connector.ts';

export type ReadingContext = 'Sample.Periodic' | 'Transaction.Begin' | 'Transaction.End' | 'Trigger';

/** One number that a meter shows, whatever version says it. */
export interface Reading {
  measurand: 'Energy.Active.Import.Register' | 'Current.Import' | 'Power.Active.Import';
  value: number;
  decimals: 0 | 1;
  unit: 'Wh' | 'A' | 'W';
  phase?: 'L1' | 'L2' | 'L3';
}

/** All that the meter of a connector shows: register, current per phase, power. */
export function readingsOf(connector: SimulatedConnector): Reading[] {
  const phases = connector.phases === 1 ? (['L1'] as const) : (['L1', 'L2', 'L3'] as const);
  return [
    registerReading(connector.energyWh),
    ...phases.map(
      (phase, index): Reading => ({
        measurand: 'Current.Import',
        value: (connector.currents[index] ?? 0) / 1_000,
        decimals: 1,
        unit: 'A',
        phase,
      }),
    ),
    { measurand: 'Power.Active.Import', value: connector.powerWatts, decimals: 0, unit: 'W' },
  ];
}

export function registerReading(energyWh: number): Reading {
  return { measurand: 'Energy.Active.Import.Register', value: energyWh, decimals: 0, unit: 'Wh' };
}
