import type { AnyMachineSnapshot } from 'xstate';
import { connectorMachine } from '../machines/connector/connector.machine.ts';
import type { ConnectorContext, ConnectorEvent } from '../machines/connector/connector.messages.ts';
import type { Mode } from '../machines/shared/mode.ts';
import type { ActorKind, JournalEntry, Turn } from '../runtime/host/actor-kind.ts';
import type { Tells } from './tells.ts';

export function modeOf(snapshot: AnyMachineSnapshot): Mode {
  return (snapshot.value as { mode: Mode }).mode;
}

/** `connector/<charger>/<n>`: what is known of one connector, for people and for the site's view. */
export const connectorKind: ActorKind = {
  kind: 'connector',
  machine: connectorMachine,
  snapshotVersion: 1,
  migrations: {},
  mailboxMax: 64,
  birth(envelope) {
    if (envelope.type !== 'connector.configured') return undefined;
    const { charger, connector } = envelope.data as unknown as Tells['connector.configured'];
    return { charger, connector };
  },
  receive(turn) {
    const event = eventOf(turn);
    if (event) turn.step(event);
  },
  onEffect(turn, { type, params }) {
    if (type === 'recordMode') {
      journal(turn, {
        type: 'connector.modeChanged',
        data: { mode: params.mode as Mode },
        reason: { code: `connector.${params.mode as Mode}` },
      });
    } else if (type === 'recordStatus') {
      const { from, to, errorCode } = params as { from: string; to: string; errorCode: string };
      journal(turn, {
        type: 'connector.statusChanged',
        data: { from: from === '' ? null : from, to, errorCode },
        reason: { code: 'connector.reported', params: { status: to, errorCode } },
      });
    }
  },
};

function eventOf(turn: Turn): ConnectorEvent | undefined {
  const { type, data } = turn.envelope;
  const { at } = turn;
  switch (type) {
    case 'connector.configured':
      return { type, at };
    case 'connector.linkChanged':
      return { type, at, mode: (data as Tells['connector.linkChanged']).mode };
    case 'connector.statusReported': {
      const report = data as unknown as Tells['connector.statusReported'];
      return { type, ...report };
    }
    case 'connector.sessionChanged':
      return { type, at, session: (data as Tells['connector.sessionChanged']).session };
    default:
      return undefined;
  }
}

function journal(turn: Turn, entry: JournalEntry): void {
  const { charger, connector, session } = turn.snapshot().context as ConnectorContext;
  turn.journal({ ...entry, charger, connector, ...(session === null ? {} : { session }) });
}
