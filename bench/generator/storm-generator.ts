import { announce, serveParent, type Wire } from '../child-side.ts';
import { type RosterSize, rosterOf } from '../storm/roster.ts';
import { StormFleet } from '../storm/storm-fleet.ts';

/** The storm's chargers, in a process of their own. */
let fleet: StormFleet | null = null;

serveParent({
  async open(data) {
    const { size, port, certificate } = data as unknown as {
      size: RosterSize;
      port: number;
      certificate: string;
    };
    fleet = new StormFleet({ roster: rosterOf(size), port, certificate });
    await fleet.open();
    return null;
  },
  storm: async () => (await opened().storm()) as unknown as Wire,
  taken: () => opened().taken(),
  stop() {
    fleet?.close();
    return null;
  },
});
announce(null);

function opened(): StormFleet {
  if (fleet === null) throw new Error('the fleet is not open');
  return fleet;
}
