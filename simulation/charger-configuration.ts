import type { SimulatedCharger } from './charger.ts';
import type { CommandAnswer } from './charger-link.ts';
import { PERIODS_MAX } from './charging-profile.ts';
import { type Payload, textOf } from './ocpp-j.ts';
import { PROFILES_MAX, STACK_LEVEL_MAX } from './profile-store.ts';

interface Setting {
  isReadonly: boolean;
  read(): string;
  /** False when the value makes no sense. */
  write(value: string): boolean;
}

/** The configuration keys of the simulated charger (OCPP 1.6, section 9). */
export class ChargerConfiguration {
  readonly #settings: ReadonlyMap<string, Setting>;

  constructor(charger: SimulatedCharger) {
    const { options } = charger;
    this.#settings = new Map<string, Setting>([
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

  get(payload: Payload): CommandAnswer {
    const asked = Array.isArray(payload.key)
      ? (payload.key as unknown[]).filter((key) => typeof key === 'string')
      : [];
    const keys = asked.length > 0 ? asked : [...this.#settings.keys()];
    const known = keys.flatMap((key) => {
      const setting = this.#settings.get(key);
      return setting ? [{ key, readonly: setting.isReadonly, value: setting.read() }] : [];
    });
    return {
      payload: { configurationKey: known, unknownKey: keys.filter((key) => !this.#settings.has(key)) },
    };
  }

  change(payload: Payload): CommandAnswer {
    const setting = this.#settings.get(textOf(payload.key) ?? '');
    if (!setting) return { payload: { status: 'NotSupported' } };
    const isWritten = !setting.isReadonly && setting.write(textOf(payload.value) ?? '');
    return { payload: { status: isWritten ? 'Accepted' : 'Rejected' } };
  }
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
