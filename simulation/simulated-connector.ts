import { NO_CURRENT, PHASE_VOLTS, type PhaseMilliamps, totalMilliamps } from './three-phase.ts';
import type { LocalTransaction } from './transaction-message.ts';
import { type SimulatedVehicle, VEHICLE_MIN_MILLIAMPS } from './vehicle.ts';

export type ConnectorStatus =
  | 'Available'
  | 'Preparing'
  | 'Charging'
  | 'SuspendedEV'
  | 'SuspendedEVSE'
  | 'Finishing'
  | 'Reserved'
  | 'Unavailable';

/** How far the question "may this tag charge" is for the car that is plugged in. */
type Permission = 'none' | 'wanted' | 'asking' | 'granted' | 'refused' | 'used';

const MICROJOULES_PER_WH = 3_600_000_000;

/** One outlet: its cable, its contactor, its meter. What it says to the CPMS is the charger's business. */
export class SimulatedConnector {
  readonly number: number;
  readonly phases: 1 | 3;
  vehicle: SimulatedVehicle | null = null;
  transaction: LocalTransaction | null = null;
  /** A transaction that began with the cable and waits for its card. */
  unauthorised: LocalTransaction | null = null;
  /** Presented at this outlet, by card or from remote. */
  idTag: string | null = null;
  /** Of the command that presented it, where the version numbers them. */
  remoteStartId: number | null = null;
  permission: Permission = 'none';
  isOperative = true;
  /** ChangeAvailability that waits for the end of the transaction. */
  operativeLater: boolean | null = null;
  reservation: { id: number; idTag: string } | null = null;
  /** As last sent; null means that it has to be sent. */
  reportedStatus: string | null = null;
  /** What the pilot signal offers, milliamps per phase. */
  offeredMilliamps = 0;
  currents: PhaseMilliamps = NO_CURRENT;
  #energyMicrojoules: number;
  #steppedAtMs: number | null = null;
  #grantEndsMs = 0;

  constructor(number: number, phases: 1 | 3, meterStartWh: number) {
    this.number = number;
    this.phases = phases;
    this.#energyMicrojoules = meterStartWh * MICROJOULES_PER_WH;
  }

  /** The meter's register; it never goes back. */
  get energyWh(): number {
    return Math.floor(this.#energyMicrojoules / MICROJOULES_PER_WH);
  }

  get powerWatts(): number {
    return Math.round((totalMilliamps(this.currents) * PHASE_VOLTS) / 1_000);
  }

  get status(): ConnectorStatus {
    if (this.transaction) return this.#statusInTransaction();
    if (!this.isOperative) return 'Unavailable';
    if (this.vehicle) return this.permission === 'used' ? 'Finishing' : 'Preparing';
    if (this.idTag) return 'Preparing';
    return this.reservation ? 'Reserved' : 'Available';
  }

  /** Lets current flow until `monotonicMs` under a limit in milliamps per phase, counting energy. */
  step(monotonicMs: number, limitMilliamps: number): void {
    const elapsedMs = Math.max(0, monotonicMs - (this.#steppedAtMs ?? monotonicMs));
    this.#steppedAtMs = monotonicMs;
    this.#energyMicrojoules += totalMilliamps(this.currents) * PHASE_VOLTS * elapsedMs;
    this.offeredMilliamps = this.transaction ? limitMilliamps : 0;
    if (!this.transaction || !this.vehicle) {
      this.#openContactor();
      return;
    }
    this.vehicle.offer(this.offeredMilliamps);
    const [l1, l2, l3] = this.vehicle.drawMilliamps(monotonicMs);
    this.currents = this.phases === 1 ? [l1, 0, 0] : [l1, l2, l3];
  }

  /** A remote start without a car: the tag waits for one until then (ConnectionTimeOut). */
  grant(idTag: string, remoteStartId: number | null, untilMonotonicMs: number): void {
    this.idTag = idTag;
    this.remoteStartId = remoteStartId;
    this.permission = 'granted';
    this.#grantEndsMs = untilMonotonicMs;
  }

  expireGrant(monotonicMs: number): void {
    if (this.permission !== 'granted' || monotonicMs < this.#grantEndsMs) return;
    this.idTag = null;
    this.remoteStartId = null;
    this.permission = 'none';
  }

  /** Gives the id of the reservation that the transaction uses up, if there is one. */
  beginTransaction(transaction: LocalTransaction): number | null {
    this.transaction = transaction;
    this.unauthorised = null;
    this.permission = 'used';
    if (this.reservation?.idTag !== transaction.idTag) return null;
    const { id } = this.reservation;
    this.reservation = null;
    return id;
  }

  /** The transaction is over: current stops at once. */
  endTransaction(): void {
    this.transaction = null;
    this.idTag = null;
    this.remoteStartId = null;
    this.permission = 'used';
    if (this.operativeLater !== null) this.isOperative = this.operativeLater;
    this.operativeLater = null;
    this.#openContactor();
  }

  /** The cable is out: the outlet is as new. */
  release(): void {
    this.vehicle?.disconnect();
    this.vehicle = null;
    this.idTag = null;
    this.remoteStartId = null;
    this.permission = 'none';
    this.currents = NO_CURRENT;
  }

  #openContactor(): void {
    this.vehicle?.disconnect();
    this.currents = NO_CURRENT;
  }

  #statusInTransaction(): ConnectorStatus {
    if (this.offeredMilliamps < VEHICLE_MIN_MILLIAMPS) return 'SuspendedEVSE';
    return this.vehicle?.isFull ? 'SuspendedEV' : 'Charging';
  }
}
