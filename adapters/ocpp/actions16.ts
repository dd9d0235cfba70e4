/** Who sends the request of an action: the charge point, the central system, or either. */
export type Sender = 'charger' | 'cpms' | 'either';

/** All actions of OCPP 1.6 and of its security extension, with the side that sends their requests. */
const SENDERS: Readonly<Record<string, Sender>> = {
  Authorize: 'charger',
  BootNotification: 'charger',
  CancelReservation: 'cpms',
  CertificateSigned: 'cpms',
  ChangeAvailability: 'cpms',
  ChangeConfiguration: 'cpms',
  ClearCache: 'cpms',
  ClearChargingProfile: 'cpms',
  DataTransfer: 'either',
  DeleteCertificate: 'cpms',
  DiagnosticsStatusNotification: 'charger',
  ExtendedTriggerMessage: 'cpms',
  FirmwareStatusNotification: 'charger',
  GetCompositeSchedule: 'cpms',
  GetConfiguration: 'cpms',
  GetDiagnostics: 'cpms',
  GetInstalledCertificateIds: 'cpms',
  GetLocalListVersion: 'cpms',
  GetLog: 'cpms',
  Heartbeat: 'charger',
  InstallCertificate: 'cpms',
  LogStatusNotification: 'charger',
  MeterValues: 'charger',
  RemoteStartTransaction: 'cpms',
  RemoteStopTransaction: 'cpms',
  ReserveNow: 'cpms',
  Reset: 'cpms',
  SecurityEventNotification: 'charger',
  SendLocalList: 'cpms',
  SetChargingProfile: 'cpms',
  SignCertificate: 'charger',
  SignedFirmwareStatusNotification: 'charger',
  SignedUpdateFirmware: 'cpms',
  StartTransaction: 'charger',
  StatusNotification: 'charger',
  StopTransaction: 'charger',
  TriggerMessage: 'cpms',
  UnlockConnector: 'cpms',
  UpdateFirmware: 'cpms',
};

const senderOf: ReadonlyMap<string, Sender> = new Map(Object.entries(SENDERS));

export const ACTIONS_16: readonly string[] = [...senderOf.keys()];

/** `unknown`: no such action in 1.6 (CALLERROR NotImplemented). `wrongWay`: not one this side sends (NotSupported). */
export function standingOf(action: string, sender: 'charger' | 'cpms'): 'known' | 'wrongWay' | 'unknown' {
  const expected = senderOf.get(action);
  if (expected === undefined) return 'unknown';
  return expected === sender || expected === 'either' ? 'known' : 'wrongWay';
}
