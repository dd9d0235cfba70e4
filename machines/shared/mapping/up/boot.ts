import { rfc3339 } from '../../rfc3339.ts';
import { instant } from '../instants.ts';
import type { MappingFacts, Payload } from '../mapping.ts';
import { fields, sendOne, type Translation } from '../outcome.ts';
import { fieldsBut } from './lost-fields.ts';

/** 1.6 does not say why the charger booted. */
export const bootTo201: Translation = (payload, facts) => {
  const { chargePointSerialNumber, chargeBoxSerialNumber, iccid, imsi } = payload;
  const modem = fields({ iccid, imsi });
  const chargingStation = fields({
    // The box's number is the older field, deprecated in 1.6; it counts where the other one is missing.
    serialNumber: chargePointSerialNumber ?? chargeBoxSerialNumber,
    model: payload.chargePointModel,
    modem: Object.keys(modem).length > 0 ? modem : undefined,
    vendorName: payload.chargePointVendor,
    firmwareVersion: payload.firmwareVersion,
  });
  const placed = ['chargePointModel', 'chargePointVendor', 'firmwareVersion', 'iccid', 'imsi'];
  placed.push(chargePointSerialNumber === undefined ? 'chargeBoxSerialNumber' : 'chargePointSerialNumber');
  return sendOne(
    { action: 'BootNotification', payload: { chargingStation, reason: 'Unknown' } },
    fieldsBut(payload, placed),
    (answer) => bootAnswer(answer, facts),
  );
};

/** `chargePointVendor` of 1.6. */
const VENDOR_LENGTH_MAX = 20;

interface Station {
  serialNumber?: string;
  model: string;
  modem?: { iccid?: string; imsi?: string };
  vendorName: string;
  firmwareVersion?: string;
}

export const bootTo16: Translation = (payload, facts) => {
  const { serialNumber, model, modem, vendorName, firmwareVersion } = payload.chargingStation as Station;
  const told = fields({
    // A name is for people: its beginning says more than nothing.
    chargePointVendor: [...vendorName].slice(0, VENDOR_LENGTH_MAX).join(''),
    chargePointModel: model,
    chargePointSerialNumber: serialNumber,
    firmwareVersion,
    iccid: modem?.iccid,
    imsi: modem?.imsi,
  });
  const isCut = told.chargePointVendor !== vendorName;
  const lost = isCut ? ['reason', 'chargingStation.vendorName'] : ['reason'];
  return sendOne({ action: 'BootNotification', payload: told }, lost, (answer) => bootAnswer(answer, facts));
};

function bootAnswer({ status, currentTime, interval }: Payload, { nowMs }: MappingFacts): Payload {
  return { status, currentTime: instant(currentTime) ?? rfc3339(nowMs), interval };
}
