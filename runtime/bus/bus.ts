import type { Address } from '../address.ts';

/** One tell as it travels: the receiver trusts only the outbox entry named by `outboxId`, not these bytes. */
export interface BusMessage {
  outboxId: string;
  to: Address;
  /** The envelope as JSON text, for whoever watches. */
  body: string;
}

export type BusStatus = 'connected' | 'away';

/**
 * Carries tells between actors. It promises nothing: a message may be lost, late or doubled; the outbox makes up
 * for it. Messages published in one call keep their order among themselves if they arrive.
 */
export interface Bus {
  readonly kind: 'nats' | 'in-process';
  readonly status: BusStatus;
  /** Returns at once; while away messages are dropped (the host delivers them directly). Never throws. */
  publish(messages: readonly BusMessage[]): void;
  /** The one receiver of this process; called for each message that arrives. */
  onMessage(receive: (message: BusMessage) => void): void;
  onStatus(listen: (status: BusStatus, detail: string) => void): void;
  close(): Promise<void>;
}
