import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { FrameSocket } from '../ocpp/frame-socket.ts';
import type { ReplayRate } from './replay-pacer.ts';

/** Where a charger's messages go upstream. `password: null` sends no Authorization header. */
export interface Backend {
  /** `ws:` or `wss:` base; the percent-encoded identity is appended as the last path segment. */
  url: string;
  /** HTTP Basic; user name is the identity unless given. */
  user?: string;
  password: string | null;
  /** What it may be spoken to in; absent: everything. A dialer offers them in this order. */
  versions?: readonly OcppVersion[];
  /** Pace of backlogs, all chargers of this URL together; none: as fast as it answers. */
  replay?: ReplayRate;
}

/** Which step of the way failed, in the order of the way. */
export type DialCause = 'dns' | 'tcp' | 'tls' | 'upgrade' | 'auth' | 'timeout';

export type DialOutcome =
  | { kind: 'opened'; socket: FrameSocket; subprotocol: string }
  /** `isOfferRefused`: the handshake ended as it does when no offered subprotocol pleases. */
  | { kind: 'failed'; cause: DialCause; detail: string; isOfferRefused?: boolean };

/** Opens upstream sockets; the simulator has its own. */
export interface Dialer {
  /** `done` is called exactly once, not before this returns; after `abort` with a failure, or not at all. */
  dial(backend: Backend, identity: string, done: (outcome: DialOutcome) => void): { abort(): void };
}
