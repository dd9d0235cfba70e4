import { isBadInstant, optionalInstant } from '../instants.ts';
import type { Payload } from '../mapping.ts';
import {
  fields,
  notSupported,
  refusal,
  refuse16,
  refuse201,
  sendOne,
  statusBy,
  statusInfo,
  type Translation,
} from '../outcome.ts';
import { synthesisedId } from './synthesised-id.ts';
import { isPlainUri, LOCATION_LENGTH_MAX } from './uri.ts';

/** GetDiagnostics of 1.6, and the GetLog that its security extension and 2.0.1 share. */

const BAD_MOMENT = refusal('InvalidValue', 'a moment of the wanted log is none');

interface GetDiagnostics {
  location: string;
  retries?: number;
  retryInterval?: number;
  startTime?: string;
  stopTime?: string;
}

export const getDiagnosticsTo201: Translation = (payload, facts) => {
  const { location, retries, retryInterval, startTime, stopTime } = payload as unknown as GetDiagnostics;
  if (location.length > LOCATION_LENGTH_MAX || isBadInstant(startTime) || isBadInstant(stopTime))
    return notSupported('OCPP 2.0.1 wants an address of at most 512 characters and valid dates');
  return sendOne(
    {
      action: 'GetLog',
      payload: fields({
        logType: 'DiagnosticsLog',
        requestId: synthesisedId(facts.nowMs, location),
        retries,
        retryInterval,
        log: logParameters(location, startTime, stopTime),
      }),
    },
    [],
    // No file name is how 1.6 says that there is nothing to upload.
    ({ status, filename }) =>
      status === 'Accepted' || status === 'AcceptedCanceled' ? fields({ fileName: filename }) : {},
  );
};

function logParameters(remoteLocation: string, oldest?: string, latest?: string): Payload {
  return fields({
    remoteLocation,
    oldestTimestamp: optionalInstant(oldest),
    latestTimestamp: optionalInstant(latest),
  });
}

interface GetLog {
  log: { remoteLocation: string; oldestTimestamp?: string; latestTimestamp?: string };
  logType: string;
  requestId: number;
  retries?: number;
  retryInterval?: number;
}

const logStatus = statusBy({ Accepted: 'Accepted', AcceptedCanceled: 'AcceptedCanceled' }, 'Rejected');

/** The same request in both versions; null when one of its moments is none. */
function getLogPayload({ log, logType, requestId, retries, retryInterval }: GetLog): Payload | null {
  if (isBadInstant(log.oldestTimestamp) || isBadInstant(log.latestTimestamp)) return null;
  return fields({
    logType,
    requestId,
    retries,
    retryInterval,
    log: logParameters(log.remoteLocation, log.oldestTimestamp, log.latestTimestamp),
  });
}

export const getLogTo201: Translation = (payload) => {
  const translated = getLogPayload(payload as unknown as GetLog);
  if (translated === null) return refuse16('Rejected', BAD_MOMENT);
  return sendOne({ action: 'GetLog', payload: translated }, [], (answer) =>
    fields({ ...logStatus(answer), filename: answer.filename }),
  );
};

export const getLogTo16: Translation = (payload) => {
  const given = payload as unknown as GetLog;
  const translated = getLogPayload(given);
  if (translated === null) return refuse201('Rejected', BAD_MOMENT);
  // Only the security extension has security logs.
  if (given.logType === 'SecurityLog')
    return sendOne({ action: 'GetLog', payload: translated }, [], (answer) =>
      fields({ ...logStatus(answer), filename: answer.filename }),
    );
  const { remoteLocation, oldestTimestamp, latestTimestamp } = given.log;
  if (!isPlainUri(remoteLocation))
    return refuse201('Rejected', refusal('InvalidURL', 'OCPP 1.6 wants a URI as location'));
  return sendOne(
    {
      action: 'GetDiagnostics',
      payload: fields({
        location: remoteLocation,
        retries: given.retries,
        retryInterval: given.retryInterval,
        startTime: optionalInstant(oldestTimestamp),
        stopTime: optionalInstant(latestTimestamp),
      }),
    },
    ['requestId'],
    ({ fileName }) =>
      typeof fileName === 'string' && fileName !== ''
        ? { status: 'Accepted', filename: fileName }
        : { status: 'Rejected', statusInfo: statusInfo('NotFound', 'the charger has no diagnostics') },
  );
};
