import { SystemClock } from '../../runtime/system-clock.ts';
import { SimulatedCpms } from '../../simulation/cpms.ts';
import { announce, serveParent } from '../child-side.ts';
import { samplesIn } from '../storm/deliveries.ts';

/** A CPMS that accepts everything at once, and keeps all that came. */
const cpms = new SimulatedCpms({ clock: new SystemClock() });
await cpms.start();
announce({ url: cpms.url });
serveParent({
  samples: () => samplesIn(cpms.calls),
  async stop() {
    await cpms.stop();
    return null;
  },
});
