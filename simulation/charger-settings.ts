import type { SimulatedCharger } from './charger.ts';
import { PERIODS_MAX } from './charging-profile.ts';
import { PROFILES_MAX, STACK_LEVEL_MAX } from './profile-store.ts';

export interface Setting {
  isReadonly: boolean;
  read(): string;
  /** False when the value makes no sense. */
  write(value: string): boolean;
}

/** The settings of the simulated charger by their keys of OCPP 1.6, section 9. */
export function settingsOf(charger: SimulatedCharger): ReadonlyMap<string, Setting> {
  const { options } = charger;
  return new Map<string, Setting>([
    [
      'HeartbeatInterval',
      seconds(
        () => charger.heartbeatIntervalMs,
        (ms) => charger.setHeartbeatInterval(ms),
      ),
    ],
    [
      'MeterValueSampleInterval',
      seconds(
        () => charger.meterIntervalMs,
        (ms) => charger.setMeterInterval(ms),
      ),
    ],
    ['NumberOfConnectors', fixed(String(options.connectors))],
    ['LocalAuthorizeOffline', fixed(String(options.localAuthorizeOffline ?? true))],
    ['AuthorizeRemoteTxRequests', fixed('false')],
    ['StopTransactionOnInvalidId', fixed('true')],
    ['MeterValuesSampledData', fixed('Energy.Active.Import.Register,Current.Import,Power.Active.Import')],
    ['ChargeProfileMaxStackLevel', fixed(String(STACK_LEVEL_MAX))],
    ['ChargingScheduleAllowedChargingRateUnit', fixed('Current,Power')],
    ['ChargingScheduleMaxPeriods', fixed(String(PERIODS_MAX))],
    ['MaxChargingProfilesInstalled', fixed(String(PROFILES_MAX))],
    [
      'SupportedFeatureProfiles',
      fixed('Core,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger'),
    ],
  ]);
}

function fixed(value: string): Setting {
  return { isReadonly: true, read: () => value, write: () => false };
}

function seconds(readMs: () => number, writeMs: (ms: number) => void): Setting {
  return {
    isReadonly: false,
    read: () => String(Math.round(readMs() / 1_000)),
    write: (value) => {
      if (!/^[1-9]\d{0,5}$/.test(value)) return false;
      writeMs(Number(value) * 1_000);
      return true;
    },
  };
}
