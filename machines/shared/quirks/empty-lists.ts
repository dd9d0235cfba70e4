import { at, LEFT_OUT, type Repair } from './repair.ts';

/** An empty list says as much as none. The schemas of 1.6 take empty lists; only lists that may be missing go. */
export const withoutEmptyLists201: Readonly<Record<string, Repair>> = {
  Authorize: leaveOut('iso15118CertificateHashData', 'idToken.additionalInfo'),
  NotifyChargingLimit: leaveOut('chargingSchedule'),
  NotifyDisplayMessages: leaveOut('messageInfo'),
  NotifyMonitoringReport: leaveOut('monitor'),
  NotifyReport: leaveOut('reportData'),
  TransactionEvent: leaveOut('meterValue', 'idToken.additionalInfo'),
};

function leaveOut(...paths: string[]): Repair {
  return at(paths, (value) => (Array.isArray(value) && value.length === 0 ? LEFT_OUT : value));
}
