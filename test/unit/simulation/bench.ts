import type { Clock } from '../../../runtime/clock.ts';
import { SystemClock } from '../../../runtime/system-clock.ts';
import { SimulatedCharger } from '../../../simulation/charger.ts';
import type { SimulatedChargerOptions } from '../../../simulation/charger-options.ts';
import { SimulatedCpms } from '../../../simulation/cpms.ts';
import type { CpmsCall, SimulatedCpmsOptions } from '../../../simulation/cpms-options.ts';
import { Prng } from '../../../simulation/prng.ts';
import { ScaledClock } from '../../../simulation/scaled-clock.ts';
import { SimulatedVehicle } from '../../../simulation/vehicle.ts';

/** A charger and a CPMS over a real socket, with time ten times as fast. */
export interface ChargerBench {
  clock: Clock;
  cpms: SimulatedCpms;
  charger: SimulatedCharger;
  /** CALLs the CPMS got, of these actions if any are given. */
  got(...actions: string[]): CpmsCall[];
  stop(): Promise<void>;
}

export async function aChargerBench(
  options: { charger?: Partial<SimulatedChargerOptions>; cpms?: Partial<SimulatedCpmsOptions> } = {},
): Promise<ChargerBench> {
  const clock = new ScaledClock(new SystemClock(), 10);
  const versionOf = () => options.charger?.version ?? '1.6';
  const cpms = new SimulatedCpms({ clock, versionOf, ...options.cpms });
  await cpms.start();
  const charger = new SimulatedCharger({
    url: cpms.url,
    identity: 'CP-1',
    clock,
    seed: 1,
    connectors: 2,
    phases: 3,
    meterIntervalMs: 1_000,
    reconnectMaxMs: 1_000,
    ...options.charger,
  });
  charger.start();
  return {
    clock,
    cpms,
    charger,
    got: (...actions) => cpms.calls.filter(({ action }) => actions.length === 0 || actions.includes(action)),
    stop: async () => {
      charger.stop();
      await cpms.stop();
    },
  };
}

export function aCar(options: { energyWantedWh?: number } = {}): SimulatedVehicle {
  return new SimulatedVehicle({
    phases: 3,
    maxMilliamps: 16_000,
    energyWantedWh: options.energyWantedWh ?? 50_000,
    random: new Prng(5),
    reactionScale: 0.1,
  });
}

/** Polls until the claim is true; fails by name after 4 s. */
export async function until(claim: string, isTrue: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 4_000;
  while (!isTrue()) {
    if (Date.now() > giveUpAt) throw new Error(`never came true: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function pause(realMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, realMs));
}
