import { instant, isBadInstant, optionalInstant } from '../instants.ts';
import type { LostField, Payload } from '../mapping.ts';
import {
  callError,
  fields,
  notSupported,
  refusal,
  refuse16,
  refuse201,
  sameStatus,
  sendOne,
  type Translation,
} from '../outcome.ts';
import { synthesisedId } from './synthesised-id.ts';
import { isPlainUri, LOCATION_LENGTH_MAX } from './uri.ts';

/** UpdateFirmware of both versions, and the SignedUpdateFirmware of the 1.6 security extension. */

const BAD_MOMENT = refusal('InvalidValue', 'a moment of the firmware update is none');

const signedStatus = sameStatus(
  'Accepted',
  'AcceptedCanceled',
  'InvalidCertificate',
  'RevokedCertificate',
  'Rejected',
);

interface UpdateFirmware16 {
  location: string;
  retries?: number;
  retrieveDate: string;
  retryInterval?: number;
}

export const updateFirmwareTo201: Translation = (payload, facts) => {
  const { location, retries, retrieveDate, retryInterval } = payload as unknown as UpdateFirmware16;
  const retrieveDateTime = instant(retrieveDate);
  if (retrieveDateTime === null || location.length > LOCATION_LENGTH_MAX)
    return notSupported('OCPP 2.0.1 wants an address of at most 512 characters and a date');
  return sendOne(
    {
      action: 'UpdateFirmware',
      payload: fields({
        requestId: synthesisedId(facts.nowMs, location, retrieveDate),
        retries,
        retryInterval,
        firmware: { location, retrieveDateTime },
      }),
    },
    [],
    // The answer of 1.6 has no status; said with nothing, a refusal would look like consent.
    ({ status }) =>
      status === 'Accepted' || status === 'AcceptedCanceled'
        ? {}
        : callError('GenericError', `the charger refuses the firmware update: ${String(status)}`),
  );
};

interface Firmware201 {
  location: string;
  retrieveDateTime: string;
  installDateTime?: string;
  signingCertificate?: string;
  signature?: string;
}

interface UpdateFirmware201 {
  retries?: number;
  retryInterval?: number;
  requestId: number;
  firmware: Firmware201;
}

function firmwareOf(firmware: Firmware201): Payload | null {
  const retrieveDateTime = instant(firmware.retrieveDateTime);
  if (retrieveDateTime === null || isBadInstant(firmware.installDateTime)) return null;
  return fields({
    location: firmware.location,
    retrieveDateTime,
    installDateTime: optionalInstant(firmware.installDateTime),
    signingCertificate: firmware.signingCertificate,
    signature: firmware.signature,
  });
}

export const signedUpdateFirmwareTo201: Translation = (payload) => {
  const { retries, retryInterval, requestId, firmware } = payload as unknown as UpdateFirmware201;
  const translated = firmwareOf(firmware);
  if (translated === null) return refuse16('Rejected', BAD_MOMENT);
  return sendOne(
    {
      action: 'UpdateFirmware',
      payload: fields({ requestId, retries, retryInterval, firmware: translated }),
    },
    [],
    signedStatus,
  );
};

export const updateFirmwareTo16: Translation = (payload) => {
  const { retries, retryInterval, requestId, firmware } = payload as unknown as UpdateFirmware201;
  const translated = firmwareOf(firmware);
  if (translated === null) return refuse201('Rejected', BAD_MOMENT);
  const { signingCertificate, signature } = firmware;
  if (signingCertificate !== undefined && signature !== undefined)
    return sendOne(
      {
        action: 'SignedUpdateFirmware',
        payload: fields({ requestId, retries, retryInterval, firmware: translated }),
      },
      [],
      signedStatus,
    );
  // Sent unsigned, nobody would check what was meant to be checked.
  if (signingCertificate !== undefined || signature !== undefined)
    return refuse201('Rejected', refusal('MissingParam', 'signature and signingCertificate go together'));
  if (!isPlainUri(firmware.location))
    return refuse201('Rejected', refusal('InvalidURL', 'OCPP 1.6 wants a URI as location'));
  const lost: LostField[] = ['requestId'];
  if (firmware.installDateTime !== undefined) lost.push('firmware.installDateTime');
  return sendOne(
    {
      action: 'UpdateFirmware',
      payload: fields({
        location: firmware.location,
        retries,
        retrieveDate: translated.retrieveDateTime,
        retryInterval,
      }),
    },
    lost,
    () => ({ status: 'Accepted' }),
  );
};
