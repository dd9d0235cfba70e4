import {
  type ChargingProfile,
  type ProfilePurpose,
  parseChargingProfile,
  profileLimitMilliamps,
} from './charging-profile.ts';

/** MaxChargingProfilesInstalled of the simulated charger. */
export const PROFILES_MAX = 32;
/** ChargeProfileMaxStackLevel of the simulated charger. */
export const STACK_LEVEL_MAX = 9;

export interface RunningTransaction {
  /** Null as long as nobody has named it. */
  transactionId: number | string | null;
  startedAtMs: number;
}

export interface ProfileFilter {
  id: number | null;
  connector: number | null;
  purpose: ProfilePurpose | null;
  stackLevel: number | null;
}

interface Installed {
  connector: number;
  profile: ChargingProfile;
}

/** The charging profiles inside one charger, combined as OCPP 1.6 section 3.13 asks. */
export class ProfileStore {
  readonly #connectors: number;
  #installed: Installed[] = [];

  constructor(connectors: number) {
    this.#connectors = connectors;
  }

  get installed(): readonly Readonly<Installed>[] {
    return this.#installed;
  }

  /** SetChargingProfile: a profile of the same id, or of the same purpose and stack level there, is replaced. */
  set(connector: number, value: unknown, running: RunningTransaction | null): 'Accepted' | 'Rejected' {
    const profile = parseChargingProfile(value);
    if (!profile || profile.stackLevel > STACK_LEVEL_MAX) return 'Rejected';
    if (connector < 0 || connector > this.#connectors) return 'Rejected';
    if (profile.purpose === 'ChargePointMaxProfile' && connector !== 0) return 'Rejected';
    if (profile.purpose === 'TxProfile' && !fitsTransaction(connector, profile, running)) return 'Rejected';
    const kept = this.#installed.filter(
      (other) => other.profile.id !== profile.id && !sameSlot(other, connector, profile),
    );
    if (kept.length >= PROFILES_MAX) return 'Rejected';
    this.#installed = [...kept, { connector, profile }];
    return 'Accepted';
  }

  /** ClearChargingProfile: all profiles that fit every given field; an id alone decides where it is given. */
  clear(filter: ProfileFilter): 'Accepted' | 'Unknown' {
    const kept = this.#installed.filter((installed) => !matches(installed, filter));
    const cleared = kept.length < this.#installed.length;
    this.#installed = kept;
    return cleared ? 'Accepted' : 'Unknown';
  }

  /** TxProfiles live as long as their transaction. */
  endTransaction(connector: number): void {
    this.#installed = this.#installed.filter(
      (installed) => installed.connector !== connector || installed.profile.purpose !== 'TxProfile',
    );
  }

  /**
   * Milliamps per phase that a connector may offer at `atMs`, or null when no profile says anything.
   * The charge point's maximum is shared evenly among `activeConnectors`.
   */
  limitMilliamps(
    connector: number,
    atMs: number,
    running: RunningTransaction | null,
    activeConnectors: number,
  ): number | null {
    const startedAtMs = running?.startedAtMs ?? null;
    const own =
      (running ? this.#leading('TxProfile', [connector], atMs, startedAtMs) : null) ??
      this.#leading('TxDefaultProfile', [connector, 0], atMs, startedAtMs);
    const whole = this.#leading('ChargePointMaxProfile', [0], atMs, startedAtMs);
    const share = whole === null ? null : Math.floor(whole / Math.max(1, activeConnectors));
    if (own === null || share === null) return own ?? share;
    return Math.min(own, share);
  }

  /** The limit of the highest stack level that says anything at that instant. */
  #leading(
    purpose: ProfilePurpose,
    connectors: readonly number[],
    atMs: number,
    startedAtMs: number | null,
  ): number | null {
    const candidates = this.#installed
      .filter(({ connector, profile }) => profile.purpose === purpose && connectors.includes(connector))
      .sort((a, b) => b.profile.stackLevel - a.profile.stackLevel || b.connector - a.connector);
    for (const { profile } of candidates) {
      const limit = profileLimitMilliamps(profile, atMs, startedAtMs);
      if (limit !== null) return limit;
    }
    return null;
  }
}

function fitsTransaction(
  connector: number,
  profile: ChargingProfile,
  running: RunningTransaction | null,
): boolean {
  if (connector === 0 || !running) return false;
  return profile.transactionId === null || profile.transactionId === running.transactionId;
}

function sameSlot(other: Installed, connector: number, profile: ChargingProfile): boolean {
  return (
    other.connector === connector &&
    other.profile.purpose === profile.purpose &&
    other.profile.stackLevel === profile.stackLevel
  );
}

function matches({ connector, profile }: Installed, filter: ProfileFilter): boolean {
  if (filter.id !== null) return profile.id === filter.id;
  return (
    (filter.connector === null || filter.connector === connector) &&
    (filter.purpose === null || filter.purpose === profile.purpose) &&
    (filter.stackLevel === null || filter.stackLevel === profile.stackLevel)
  );
}
