import type { AnyMachineSnapshot } from 'xstate';
import type { Address } from '../address.ts';
import type { Bus } from '../bus/bus.ts';
import type { Clock } from '../clock.ts';
import type { Json } from '../envelope.ts';
import type { Log } from '../log.ts';
import type { Store } from '../persistence/store.ts';
import type { Random } from '../random.ts';
import type { ActorKind, PortEffect } from './actor-kind.ts';
import type { MailItem } from './mail.ts';
import type { Recovered } from './recovery.ts';

export interface LastWord {
  to: Address;
  type: string;
  data: Json;
}

export interface HostOptions {
  store: Store;
  bus: Bus;
  clock: Clock;
  random: Random;
  log: Log;
  kinds: readonly ActorKind[];
  /** Carries out released effects, by port name. Must not throw; what it learns it posts back. */
  ports: Readonly<Record<string, (effect: PortEffect) => void>>;
  /** Names the rules in force (hash of the site file); stands in every decision record. */
  rules: string;
  relaxedWaitMs?: number;
  /** An envelope was parked: whoever waits for an answer to it gets an error. */
  onParked?: (item: MailItem) => void;
  /**
   * What others must be told for an actor that is set aside, in its name and after all that it told them itself;
   * `snapshot` is undefined where it cannot be read. Told to actors in being only.
   */
  lastWords?: (address: Address, snapshot: AnyMachineSnapshot | undefined) => readonly LastWord[];
  /** The actor runs nothing for now: carry out its safe state. */
  onQuarantine?: (address: Address) => void;
  /** Too much is broken: the process should end so that its watchdog starts it anew. */
  onFatal?: (why: string) => void;
  /** The journal has been read and nothing runs yet: the moment to tell the clock how late it is at least. */
  onRecovered?: (recovered: Recovered) => void;
  /** The disk is full or failing: free what can be freed. */
  onStoreFault?: (error: unknown) => void;
}
