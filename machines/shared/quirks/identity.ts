import type { Payload } from '../mapping/mapping.ts';
import type { OcppVersion } from '../ocpp-version.ts';

/** What a charger told of itself in its BootNotification. */
export interface ChargerIdentity {
  vendor: string;
  model: string;
  firmware: string | null;
}

/** Out of a BootNotification that passed its schema. */
export function identityIn(version: OcppVersion, payload: Payload): ChargerIdentity {
  if (version === '1.6') {
    const { chargePointVendor, chargePointModel, firmwareVersion } = payload as unknown as Boot16;
    return { vendor: chargePointVendor, model: chargePointModel, firmware: firmwareVersion ?? null };
  }
  const { vendorName, model, firmwareVersion } = (payload as unknown as Boot201).chargingStation;
  return { vendor: vendorName, model, firmware: firmwareVersion ?? null };
}

interface Boot16 {
  chargePointVendor: string;
  chargePointModel: string;
  firmwareVersion?: string;
}

interface Boot201 {
  chargingStation: { vendorName: string; model: string; firmwareVersion?: string };
}
