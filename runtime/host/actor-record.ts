import type { Address } from '../address.ts';
import type { TimerHandle } from '../clock.ts';
import type { ActorKind, StoredActor, StoredTimer } from './actor-kind.ts';
import { Mailbox } from './mail.ts';
import type { MachineRunner } from './step.ts';

/** What the host knows of one actor; the machine itself is in memory only while it is in use. */
export class ActorRecord {
  readonly address: Address;
  readonly kind: ActorKind;
  readonly mailbox: Mailbox;
  runner: MachineRunner | undefined;
  /** True once a snapshot exists or is staged: the actor is in being. */
  alive = false;
  /** Armed deadlines by timer id, as staged; `handles` are the clock's side of them. */
  timers = new Map<string, StoredTimer>();
  readonly handles = new Map<string, { arm: number; handle: TimerHandle }>();
  lastArm = 0;
  /** In the ready queue already. */
  queued = false;
  /** Number of the last group that holds something of this actor. */
  lastGroup = 0;
  lastActiveMs = 0;
  /** Monotonic times of throws on different envelopes, within the restart window. */
  throws: number[] = [];

  constructor(address: Address, kind: ActorKind) {
    this.address = address;
    this.kind = kind;
    this.mailbox = new Mailbox(kind.mailboxMax);
  }

  stored(): StoredActor {
    return {
      version: this.kind.snapshotVersion,
      snapshot: this.runner!.persisted(),
      timers: [...this.timers.values()],
      lastArm: this.lastArm,
    };
  }
}
