import { announce, serveParent, type Wire } from '../child-side.ts';
import { Fleet, type FleetOptions, type Pace } from './fleet.ts';
import type { MessageRow } from './messages.ts';

/** The generator's process: fleets by name, driven by the parent. */
const fleets = new Map<string, Fleet>();

serveParent({
  async open(data) {
    const {
      fleet: name,
      startTransactions,
      ...options
    } = data as unknown as FleetOptions & {
      fleet: string;
      startTransactions: boolean;
    };
    const fleet = new Fleet(options);
    fleets.set(name, fleet);
    await fleet.open(startTransactions);
    return null;
  },
  begin(data) {
    const { fleet, row } = data as { fleet: string; row: MessageRow };
    fleetOf(fleet).begin(row);
    return null;
  },
  mark(data) {
    const { latency, ...figures } = fleetOf(data as string).mark();
    return { ...figures, latency: latency.toCounts() };
  },
  async halt(data) {
    await fleetOf(data as string).halt();
    return null;
  },
  async pace(data) {
    const { fleet, pace, forMs } = data as unknown as { fleet: string; pace: Pace; forMs: number };
    await fleetOf(fleet).pace(pace, forMs);
    return null;
  },
  close(data) {
    fleetOf(data as string).close();
    fleets.delete(data as string);
    return null;
  },
  stop() {
    for (const fleet of fleets.values()) fleet.close();
    return null;
  },
});
announce(null satisfies Wire);

function fleetOf(name: string): Fleet {
  const fleet = fleets.get(name);
  if (!fleet) throw new Error(`no fleet ${name}`);
  return fleet;
}
