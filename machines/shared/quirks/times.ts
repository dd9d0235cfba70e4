import { changedAt, pathOf, type Repair } from './repair.ts';

/**
 * Moments told without a zone, in UTC: such a text is local time by ISO 8601, which OCPP 1.6 names (3.15), and the
 * chargers that were seen with it tell the time of their place.
 */
export const timesIn16: Readonly<Record<string, Repair>> = {
  MeterValues: inUtc('meterValue[].timestamp'),
  SecurityEventNotification: inUtc('timestamp'),
  StartTransaction: inUtc('timestamp'),
  StatusNotification: inUtc('timestamp'),
  StopTransaction: inUtc('timestamp', 'transactionData[].timestamp'),
};

export const timesIn201: Readonly<Record<string, Repair>> = {
  MeterValues: inUtc('meterValue[].timestamp'),
  NotifyCustomerInformation: inUtc('generatedAt'),
  NotifyEVChargingSchedule: inUtc('timeBase'),
  NotifyEvent: inUtc('generatedAt', 'eventData[].timestamp'),
  NotifyMonitoringReport: inUtc('generatedAt'),
  NotifyReport: inUtc('generatedAt'),
  SecurityEventNotification: inUtc('timestamp'),
  StatusNotification: inUtc('timestamp'),
  TransactionEvent: inUtc('timestamp', 'meterValue[].timestamp'),
};

function inUtc(...texts: string[]): Repair {
  const paths = texts.map(pathOf);
  return (payload, { utcOf }) =>
    paths.reduce(
      (told, path) =>
        changedAt(told, path, (value) => (typeof value === 'string' ? (utcOf(value) ?? value) : value)),
      payload,
    );
}
