import { endReading } from '../../machines/shared/mapping/up/register-reading.ts';
import type { MeterValue, SampledValue201 } from '../../machines/shared/mapping/up/sampled-value.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { chargerOf } from './outbound.ts';

/** What a charger of 2.0.1 last told of one transaction. Row `eventState/<charger>`, key = its id. */
export interface EventState {
  /** Highest number so far. */
  seqNo: number;
  /** Reading of the register in the newest event that had one. */
  energyWh: number | null;
}

interface NumberedEvent {
  seqNo: number;
  timestamp: string;
  transactionInfo: { transactionId: string };
  meterValue?: Array<MeterValue<SampledValue201>>;
}

/** Keeps what the event tells, and journals when events before it are missing. Returns what is known by now. */
export function noteEvent(turn: Turn, event: NumberedEvent, session: string | null): EventState {
  const { seqNo } = event;
  const id = event.transactionInfo.transactionId;
  const before = eventStateOf(turn, id);
  if (before && seqNo > before.seqNo + 1)
    turn.journal({
      type: 'event.gap',
      ...(session === null ? {} : { session }),
      reason: {
        code: 'event.seqNoMissing',
        params: { transactionId: id, from: before.seqNo + 1, to: seqNo - 1 },
      },
    });
  const isNewest = !before || seqNo > before.seqNo;
  const told = isNewest ? lastReading(event) : null;
  const state: EventState = {
    seqNo: isNewest ? seqNo : before.seqNo,
    energyWh: told ?? before?.energyWh ?? null,
  };
  turn.putRow(table(turn), id, state as unknown as Json);
  return state;
}

function lastReading({ meterValue = [], timestamp }: NumberedEvent): number | null {
  return endReading(meterValue, 'Transaction.End', timestamp).energyWh;
}

function eventStateOf(turn: Turn, id: string): EventState | undefined {
  return turn.row<Json>(table(turn), id) as unknown as EventState | undefined;
}

export function forgetEvents(turn: Turn, id: string): void {
  if (eventStateOf(turn, id)) turn.removeRow(table(turn), id);
}

function table(turn: Turn): string {
  return `eventState/${chargerOf(turn)}`;
}
