import type { UrlPolicy } from './url-policy.ts';

/**
 * What a CPMS asks of a charger, by names that no OCPP version owns: rules are written once, and each version maps
 * its actions to them (commands16.ts). `other`: an action that has no name here.
 */
export const COMMAND_NAMES = [
  'reset',
  'unlockConnector',
  'updateFirmware',
  'changeAvailability',
  'changeConfiguration',
  'readConfiguration',
  'uploadLog',
  'remoteStart',
  'remoteStop',
  'triggerMessage',
  'clearCache',
  'sendLocalList',
  'readLocalListVersion',
  'reserve',
  'cancelReservation',
  'setChargingProfile',
  'clearChargingProfile',
  'readCompositeSchedule',
  'certificateSigned',
  'installCertificate',
  'deleteCertificate',
  'readCertificates',
  'dataTransfer',
  'other',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

/** Those that would end or disturb a running session. */
export const DISTURBING_COMMANDS = [
  'reset',
  'unlockConnector',
  'updateFirmware',
  'changeAvailability',
] as const satisfies readonly CommandName[];

/**
 * What becomes of a disturbing command while a session runs. `defer` keeps it only where the answer can say so, and
 * refuses it else; `accept-and-hold` answers that it was done, and does it when the session is over.
 */
export type SessionPolicy = 'forward' | 'refuse' | 'defer' | 'accept-and-hold';

/** Bounds of one whole number among the arguments of a command, both included. */
export interface NumberBounds {
  min?: number;
  max?: number;
}

export interface CommandRule {
  /** `refuse`: this CPMS may not do it at all. */
  policy: 'forward' | 'refuse';
  duringSession: SessionPolicy;
  /** By the argument's name in OCPP; a command with a number outside of them is refused. */
  limits: Readonly<Record<string, NumberBounds>>;
}

/**
 * A setting of the charger that the CPMS cannot change behind the edge's back. `keep`: its value is kept here as the
 * desired one, and the charger is brought to it; `refuse`: it is not the CPMS's to change.
 */
export interface GuardedKey extends NumberBounds {
  key: string;
  handling: 'keep' | 'refuse';
}

/** The rules for the commands of one CPMS. */
export interface GovernanceRules {
  /** Commands without a rule are forwarded. */
  commands: Readonly<Partial<Record<CommandName, CommandRule>>>;
  urls: UrlPolicy;
  guardedKeys: readonly GuardedKey[];
  /** The longest that a deferred command waits for the end of the session. */
  deferralMaxMs: number;
  /** Vendor id of the DataTransfer that tells the CPMS why a command was deferred or refused; null: it takes none. */
  reasonVendorId: string | null;
}

export const FORWARDED: CommandRule = { policy: 'forward', duringSession: 'forward', limits: {} };

export const DEFERRAL_MAX_MS = 24 * 3_600_000;

/** Credentials of the charger: no site file can hand them to a CPMS. */
export const ALWAYS_REFUSED_KEYS: readonly string[] = ['AuthorizationKey', 'BasicAuthPassword'];

/** What holds where a site file says nothing. */
export const defaultGovernance: GovernanceRules = {
  commands: {
    reset: { policy: 'forward', duringSession: 'defer', limits: {} },
    unlockConnector: { policy: 'forward', duringSession: 'defer', limits: {} },
    updateFirmware: { policy: 'forward', duringSession: 'defer', limits: { retries: { max: 10 } } },
    changeAvailability: { policy: 'forward', duringSession: 'defer', limits: {} },
    uploadLog: { policy: 'forward', duringSession: 'forward', limits: { retries: { max: 10 } } },
  },
  urls: {
    schemes: ['https', 'http', 'ftps', 'ftp', 'sftp'],
    hosts: [],
    ports: [],
    allowLocalAddresses: false,
  },
  guardedKeys: [
    { key: 'HeartbeatInterval', handling: 'keep', min: 10, max: 86_400 },
    { key: 'WebSocketPingInterval', handling: 'keep', min: 0, max: 3_600 },
    { key: 'MeterValueSampleInterval', handling: 'keep', min: 1, max: 3_600 },
    { key: 'ClockAlignedDataInterval', handling: 'keep', min: 0, max: 86_400 },
    { key: 'SecurityProfile', handling: 'refuse' },
    { key: 'NetworkConfigurationPriority', handling: 'refuse' },
    ...ALWAYS_REFUSED_KEYS.map((key): GuardedKey => ({ key, handling: 'refuse' })),
  ],
  deferralMaxMs: DEFERRAL_MAX_MS,
  reasonVendorId: null,
};

/** OCPP compares the names of settings without regard to case. */
export function guardOf(rules: GovernanceRules, key: string): GuardedKey | undefined {
  const wanted = key.toLowerCase();
  return rules.guardedKeys.find((guarded) => guarded.key.toLowerCase() === wanted);
}
