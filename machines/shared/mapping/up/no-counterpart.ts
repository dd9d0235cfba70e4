import type { Payload } from '../mapping.ts';
import { answerWith, type Translation } from '../outcome.ts';

/**
 * Our answer to what a 2.0.1 charger asks or tells that 1.6 has nothing for. News are taken note of; what would need
 * somebody to decide is refused.
 */
export const NEUTRAL_ANSWERS: Readonly<Record<string, Payload>> = {
  ClearedChargingLimit: {},
  Get15118EVCertificate: { status: 'Failed', exiResponse: '' },
  GetCertificateStatus: { status: 'Failed' },
  NotifyChargingLimit: {},
  NotifyCustomerInformation: {},
  NotifyDisplayMessages: {},
  NotifyEVChargingNeeds: { status: 'Rejected' },
  NotifyEVChargingSchedule: { status: 'Rejected' },
  NotifyEvent: {},
  NotifyMonitoringReport: {},
  NotifyReport: {},
  PublishFirmwareStatusNotification: {},
  ReportChargingProfiles: {},
  ReservationStatusUpdate: {},
};

export const NO_COUNTERPART_IN_16: Readonly<Record<string, Translation>> = Object.fromEntries(
  Object.entries(NEUTRAL_ANSWERS).map(([action, payload]) => [
    action,
    () => answerWith({ ...payload }, `OCPP 1.6 has no ${action}`),
  ]),
);
