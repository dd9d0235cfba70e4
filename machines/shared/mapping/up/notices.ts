import { rfc3339 } from '../../rfc3339.ts';
import { instant } from '../instants.ts';
import type { Payload } from '../mapping.ts';
import { answerWith, fields, sameStatus, sendOne, type Translation, whenUnsupported } from '../outcome.ts';
import { fieldsBut } from './lost-fields.ts';

const nothing = (): Payload => ({});

/** Chargers set their clock by the answer. */
export const heartbeat: Translation = (payload, { nowMs }) =>
  sendOne({ action: 'Heartbeat', payload: {} }, fieldsBut(payload, []), ({ currentTime }) => ({
    currentTime: instant(currentTime) ?? rfc3339(nowMs),
  }));

export const securityEvent: Translation = (payload, { nowMs }) => {
  const { type, timestamp, techInfo } = payload;
  const moment = instant(timestamp);
  const lost = fieldsBut(payload, ['type', 'timestamp', 'techInfo']);
  const told = fields({ type, timestamp: moment ?? rfc3339(nowMs), techInfo });
  return sendOne(
    { action: 'SecurityEventNotification', payload: told },
    moment === null ? [...lost, 'timestamp'] : lost,
    nothing,
  );
};

/** 1.6 signs the charger's own certificate only, which is what 2.0.1 means without a type. */
export const signCertificateTo201: Translation = (payload) =>
  sendOne(
    { action: 'SignCertificate', payload: { csr: payload.csr } },
    fieldsBut(payload, ['csr']),
    sameStatus('Accepted', 'Rejected'),
  );

export const signCertificateTo16: Translation = ({ csr, certificateType }) => {
  if (certificateType === 'V2GCertificate')
    return answerWith({ status: 'Rejected' }, 'OCPP 1.6 signs no V2G certificates');
  return sendOne({ action: 'SignCertificate', payload: { csr } }, [], sameStatus('Accepted', 'Rejected'));
};

export const firmwareStatusTo201: Translation = (payload) =>
  sendOne(
    { action: 'FirmwareStatusNotification', payload: { status: payload.status } },
    fieldsBut(payload, ['status']),
    nothing,
  );

export const signedFirmwareStatusTo201: Translation = (payload) => {
  const { status, requestId } = payload;
  return sendOne(
    { action: 'FirmwareStatusNotification', payload: fields({ status, requestId }) },
    fieldsBut(payload, ['status', 'requestId']),
    nothing,
  );
};

/** The words of core 1.6; the others are of its security extension. */
const CORE_FIRMWARE_WORDS = new Set([
  ...['Downloaded', 'DownloadFailed', 'Downloading', 'Idle', 'InstallationFailed', 'Installing', 'Installed'],
]);

/** A CPMS that does not know the extension misses nothing that it could know. */
export const firmwareStatusTo16: Translation = ({ status, requestId }) => {
  if (CORE_FIRMWARE_WORDS.has(String(status))) {
    const lost = requestId === undefined ? [] : ['requestId'];
    return sendOne({ action: 'FirmwareStatusNotification', payload: { status } }, lost, nothing);
  }
  const payload = fields({ status, requestId });
  return whenUnsupported(sendOne({ action: 'SignedFirmwareStatusNotification', payload }, [], nothing), {});
};

export const diagnosticsStatusTo201: Translation = (payload) => {
  const status = payload.status === 'UploadFailed' ? 'UploadFailure' : payload.status;
  const lost = fieldsBut(payload, ['status']);
  return sendOne({ action: 'LogStatusNotification', payload: { status } }, lost, nothing);
};

export const logStatusTo201: Translation = (payload) => {
  const { status, requestId } = payload;
  return sendOne(
    { action: 'LogStatusNotification', payload: fields({ status, requestId }) },
    fieldsBut(payload, ['status', 'requestId']),
    nothing,
  );
};

export const logStatusTo16: Translation = ({ status, requestId }) => {
  if (status === 'AcceptedCanceled')
    return answerWith({}, 'OCPP 1.6 has no status for a log request that another one replaced');
  const payload = fields({ status, requestId });
  return whenUnsupported(sendOne({ action: 'LogStatusNotification', payload }, [], nothing), {});
};
