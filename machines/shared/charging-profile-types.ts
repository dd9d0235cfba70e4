/** Charging profiles as OCPP 1.6 words them (SetChargingProfile.req, section 7.8), and as they are kept here: plain data. */
export interface ChargingSchedulePeriod {
  /** Seconds from the start of the schedule. */
  startPeriod: number;
  /** Amperes per phase, or watts in total, by `chargingRateUnit`. */
  limit: number;
  /** Absent means three (errata 3.34). Matters for watts only. */
  numberPhases?: number;
}

export interface ChargingSchedule {
  /** Seconds; absent: no end. */
  duration?: number;
  startSchedule?: string;
  chargingRateUnit: 'A' | 'W';
  chargingSchedulePeriod: ChargingSchedulePeriod[];
  minChargingRate?: number;
}

export interface CsChargingProfiles {
  chargingProfileId: number;
  transactionId?: number;
  stackLevel: number;
  chargingProfilePurpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
  chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative';
  recurrencyKind?: 'Daily' | 'Weekly';
  validFrom?: string;
  validTo?: string;
  chargingSchedule: ChargingSchedule;
}

/** One accepted profile of one charger. */
export interface StoredProfile {
  /** 0: the whole charger. */
  connector: number;
  /** TxProfile only: the transaction it was accepted for. */
  transactionId: number | null;
  receivedAt: number;
  profile: CsChargingProfiles;
}

/** The moment, and the transaction, that a question about profiles is asked for. Wall milliseconds. */
export interface ProfileMoment {
  at: number;
  transactionId: number | null;
  startedAt: number | null;
}

/** GetCompositeSchedule.conf. */
export interface CompositeSchedule {
  status: 'Accepted';
  connectorId: number;
  scheduleStart: string;
  chargingSchedule: {
    duration: number;
    startSchedule: string;
    chargingRateUnit: 'A' | 'W';
    chargingSchedulePeriod: Array<{ startPeriod: number; limit: number }>;
  };
}
