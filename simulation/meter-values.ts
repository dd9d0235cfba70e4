import { isoTime, type Payload } from './ocpp-j.ts';
import type { SimulatedConnector } from './simulated-connector.ts';

export type ReadingContext = 'Sample.Periodic' | 'Transaction.Begin' | 'Transaction.End' | 'Trigger';

/** One MeterValue: register in Wh, current per phase in A, power in W. */
export function meterValue(connector: SimulatedConnector, context: ReadingContext, wallMs: number): Payload {
  const phases = connector.phases === 1 ? (['L1'] as const) : (['L1', 'L2', 'L3'] as const);
  return {
    timestamp: isoTime(wallMs),
    sampledValue: [
      energySample(connector.energyWh, context),
      ...phases.map((phase, index) => ({
        value: ((connector.currents[index] ?? 0) / 1_000).toFixed(1),
        context,
        measurand: 'Current.Import',
        phase,
        unit: 'A',
      })),
      { value: String(connector.powerWatts), context, measurand: 'Power.Active.Import', unit: 'W' },
    ],
  };
}

/** A MeterValue with the register alone, as `transactionData` of StopTransaction carries it. */
export function registerValue(energyWh: number, context: ReadingContext, wallMs: number): Payload {
  return { timestamp: isoTime(wallMs), sampledValue: [energySample(energyWh, context)] };
}

function energySample(energyWh: number, context: ReadingContext): Payload {
  return { value: String(energyWh), context, measurand: 'Energy.Active.Import.Register', unit: 'Wh' };
}
