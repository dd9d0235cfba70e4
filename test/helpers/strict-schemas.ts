import { Ajv, type ValidateFunction } from 'ajv';
import formatsPlugin from 'ajv-formats';
import * as schemas16 from 'typed-ocpp/dist/ocpp16/schemas.js';
import * as schemas201 from 'typed-ocpp/dist/ocpp20/schemas.js';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';

/** The schemas of both versions, to the letter, for what the translations emit. */

const SCHEMAS: Readonly<Record<OcppVersion, ReadonlyMap<string, object>>> = {
  '1.6': new Map(Object.entries(schemas16)),
  '2.0.1': new Map(Object.entries(schemas201)),
};

const ajv = new Ajv({ strict: false, strictNumbers: true, multipleOfPrecision: 3, logger: false });
formatsPlugin.default(ajv, ['date-time', 'uri']);
const compiled = new Map<string, ValidateFunction>();

/** Null, or what of the payload breaks the schema. A name without a schema breaks it too. */
export function violationIn(
  version: OcppVersion,
  action: string,
  part: 'Request' | 'Response',
  payload: unknown,
): string | null {
  const name = `${version} ${action}${part}`;
  const schema = SCHEMAS[version].get(action + part);
  if (schema === undefined) return `${name}: there is no such message`;
  const validate = compiled.get(name) ?? ajv.compile(schema);
  compiled.set(name, validate);
  return validate(payload) ? null : `${name}${ajv.errorsText(validate.errors)} in ${JSON.stringify(payload)}`;
}

interface Schema {
  $ref?: string;
  type?: string;
  enum?: string[];
  format?: string;
  minimum?: number;
  minItems?: number;
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
}

/**
 * The smallest payload that the schema takes: required fields alone, each with the first value that fits. Addresses,
 * which not all schemas mark as such, are ones that a charger may load from.
 */
export function smallest(version: OcppVersion, action: string, part: 'Request' | 'Response'): object {
  const root = SCHEMAS[version].get(action + part) as Schema;
  const made = (schema: Schema, name: string): unknown => {
    if (schema.$ref) return made(root.definitions![schema.$ref.slice('#/definitions/'.length)]!, name);
    if (schema.enum) return schema.enum[0];
    if (schema.type === 'array')
      return Array.from({ length: schema.minItems ?? 0 }, () => made(schema.items!, name));
    if (schema.type === 'object')
      return Object.fromEntries(
        (schema.required ?? []).map((field) => [field, made(schema.properties![field]!, field)]),
      );
    if (schema.type === 'boolean') return true;
    if (schema.type !== 'string') return schema.minimum ?? 1;
    if (schema.format === 'date-time') return '2026-03-02T13:03:22.000Z';
    return /location$/i.test(name) ? 'https://files.example.com/x' : 'x';
  };
  return made(root, '') as object;
}

/** The fields of a request's payload itself; `customData` is the same everywhere. */
export function requestFieldsOf(version: OcppVersion, action: string): string[] {
  const schema = SCHEMAS[version].get(`${action}Request`) as { properties?: object } | undefined;
  return Object.keys(schema?.properties ?? {}).filter((field) => field !== 'customData');
}

/** All actions that have a request in this version, whoever sends it. */
export function actionsOf(version: OcppVersion): string[] {
  return [...SCHEMAS[version].keys()]
    .filter((name) => name.endsWith('Request'))
    .map((name) => name.slice(0, -'Request'.length));
}

/** Requests of 2.0.1 that only a charger sends. */
const FROM_CHARGER_201 = new Set([
  'Authorize',
  'BootNotification',
  'ClearedChargingLimit',
  'FirmwareStatusNotification',
  'Get15118EVCertificate',
  'GetCertificateStatus',
  'Heartbeat',
  'LogStatusNotification',
  'MeterValues',
  'NotifyChargingLimit',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'NotifyEVChargingNeeds',
  'NotifyEVChargingSchedule',
  'NotifyEvent',
  'NotifyMonitoringReport',
  'NotifyReport',
  'PublishFirmwareStatusNotification',
  'ReportChargingProfiles',
  'ReservationStatusUpdate',
  'SecurityEventNotification',
  'SignCertificate',
  'StatusNotification',
  'TransactionEvent',
]);
/** Requests of 1.6 and its security extension that only a charger sends. */
const FROM_CHARGER_16 = new Set([
  'Authorize',
  'BootNotification',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
  'Heartbeat',
  'LogStatusNotification',
  'MeterValues',
  'SecurityEventNotification',
  'SignCertificate',
  'SignedFirmwareStatusNotification',
  'StartTransaction',
  'StatusNotification',
  'StopTransaction',
]);

/** All actions of the version that a charger may send, as the schemas' names list them. */
export function chargerActionsOf(version: OcppVersion): string[] {
  const both = ['DataTransfer'];
  const fromCharger = version === '1.6' ? FROM_CHARGER_16 : FROM_CHARGER_201;
  return actionsOf(version).filter((action) => fromCharger.has(action) || both.includes(action));
}

/** All actions of the version that a CPMS may send, as the schemas' names list them. */
export function cpmsActionsOf(version: OcppVersion): string[] {
  const fromCharger = version === '1.6' ? FROM_CHARGER_16 : FROM_CHARGER_201;
  return actionsOf(version).filter((action) => !fromCharger.has(action));
}
