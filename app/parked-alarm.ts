import type { ActorHost } from '../runtime/host/actor-host.ts';
import type { TurnRecord } from '../runtime/host/turn-stage.ts';

const CODE = 'queue.parked';
/** Decisions of a link after which there may be more or fewer parked messages. */
const CHANGES = new Set([
  'link.parked',
  'link.parkedTried',
  'link.unparked',
  'link.resent',
  'link.deadLettered',
]);
const NAMED_MAX = 5;

/** Has the alarm `queue.parked` stand while messages of any charger are parked. Call it when the host has started. */
export function watchParked(host: ActorHost): void {
  const chargers = new Set<string>();
  const look = (charger: string): void => {
    if (host.rows(`parked/${charger}`, { limit: 1 }).length > 0) chargers.add(charger);
    else chargers.delete(charger);
    if (chargers.size === 0) host.alarms.clear(CODE);
    else host.alarms.raise(CODE, textOf([...chargers].sort()));
  };
  for (const address of host.addresses('link')) look(address.slice('link/'.length));
  host.observe(({ kind, decisions }: TurnRecord) => {
    if (kind !== 'link') return;
    for (const { type, charger } of decisions) {
      if (charger !== undefined && CHANGES.has(type)) look(charger);
    }
  });
}

function textOf(chargers: string[]): string {
  const named = chargers.slice(0, NAMED_MAX).join(', ');
  const more = chargers.length > NAMED_MAX ? ` and ${chargers.length - NAMED_MAX} more` : '';
  return `the CPMS hangs or hangs up on messages of ${named}${more}: they are set aside and tried again each hour; see "holdfast queue ls"`;
}
