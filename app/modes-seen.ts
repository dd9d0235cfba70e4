import type { ActorHost } from '../runtime/host/actor-host.ts';
import { modeOfState } from './mode-of-state.ts';

type Kind = 'charger' | 'connector' | 'session' | 'budget' | 'link';

/** Which modes actors of each kind have been in; for the demo's report. */
export class ModesSeen {
  readonly #seen = new Map<string, Set<string>>();

  constructor(host: ActorHost) {
    host.observe(({ kind, after }) => {
      const mode = modeOfState(after.value);
      if (!mode) return;
      const modes = this.#seen.get(kind) ?? new Set();
      this.#seen.set(kind, modes.add(mode));
    });
  }

  seen(): Record<Kind, string[]> {
    const of = (kind: Kind): string[] => [...(this.#seen.get(kind) ?? [])].sort();
    return {
      charger: of('charger'),
      connector: of('connector'),
      session: of('session'),
      budget: of('budget'),
      link: of('link'),
    };
  }
}
