import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formatsPlugin from 'ajv-formats';
// Only the generated schemas: the package's root loads all versions and their types' helpers.
import * as schemas16 from 'typed-ocpp/dist/ocpp16/schemas.js';
import * as schemas201 from 'typed-ocpp/dist/ocpp20/schemas.js';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { standingOf } from './actions.ts';
import type { CallErrorCode, Violation } from './call-error.ts';
import type { Payload } from './frame.ts';
import { relaxed } from './leniency16.ts';

/**
 * `receive` reads 1.6 leniently (see leniency16.ts) and 2.0.1 as it stands; `emit` is the standard to the letter, for
 * what is made here.
 */
export type Strictness = 'receive' | 'emit';

/** Checks payloads of one version against its schemas. Validators are compiled on first use (some 5 ms each). */
export interface Validator {
  readonly version: OcppVersion;
  /** Null, or why a CALL of this side may not pass. */
  call(sender: 'charger' | 'cpms', action: string, payload: Payload): Violation | null;
  /** Null, or why this CALLRESULT payload may not pass as an answer to the action. */
  result(action: string, payload: Payload): Violation | null;
}

const CODE_OF_KEYWORD: Readonly<Record<string, CallErrorCode>> = {
  type: 'TypeConstraintViolation',
  required: 'OccurenceConstraintViolation',
  minItems: 'OccurenceConstraintViolation',
  maxItems: 'OccurenceConstraintViolation',
  additionalProperties: 'FormationViolation',
};

// `formats` and Ajv are CommonJS: their default export is the module object for a Node importer.
const addFormats = formatsPlugin.default;
const SCHEMA_NAMED: Readonly<Record<OcppVersion, ReadonlyMap<string, Record<string, unknown>>>> = {
  '1.6': new Map(Object.entries(schemas16)),
  '2.0.1': new Map(Object.entries(schemas201)),
};

/** One of each kind serves all sockets of the process: it keeps nothing of what it checks, and compiling takes time. */
export function validatorOf(version: OcppVersion, strictness: Strictness): Validator {
  const key = `${version} ${strictness}`;
  const made = validators.get(key) ?? createValidator(version, strictness);
  validators.set(key, made);
  return made;
}

const validators = new Map<string, Validator>();

function createValidator(version: OcppVersion, strictness: Strictness): Validator {
  const isRelaxed = version === '1.6' && strictness === 'receive';
  // Strict schemas are not ours to ask for, but strict numbers are: 1e999 parses to Infinity.
  const ajv = new Ajv({ strict: false, strictNumbers: true, multipleOfPrecision: 3, logger: false });
  addFormats(ajv, ['date-time', 'uri']);
  if (isRelaxed) relaxed.formats(ajv);
  const requests = new Map<string, ValidateFunction>();
  const responses = new Map<string, ValidateFunction>();

  function validatorFor(
    compiled: Map<string, ValidateFunction>,
    action: string,
    part: string,
  ): ValidateFunction {
    const known = compiled.get(action);
    if (known !== undefined) return known;
    const schema = SCHEMA_NAMED[version].get(action + part) ?? {};
    const made = ajv.compile(isRelaxed ? relaxed.schema(action + part, schema) : schema);
    compiled.set(action, made);
    return made;
  }

  return {
    version,
    call(sender, action, payload) {
      const standing = standingOf(version, action, sender);
      if (standing === 'unknown') return { code: 'NotImplemented', description: 'unknown action' };
      if (standing === 'wrongWay')
        return { code: 'NotSupported', description: 'action is not accepted from this side' };
      const validate = validatorFor(requests, action, 'Request');
      return validate(payload) ? null : violationOf(validate.errors);
    },
    result(action, payload) {
      const validate = validatorFor(responses, action, 'Response');
      return validate(payload) ? null : violationOf(validate.errors);
    },
  };
}

function violationOf(errors: ErrorObject[] | null | undefined): Violation {
  const first = errors?.[0];
  if (first === undefined) return { code: 'GenericError', description: 'payload is refused' };
  const code = CODE_OF_KEYWORD[first.keyword] ?? 'PropertyConstraintViolation';
  return { code, description: `${first.instancePath || '/'} ${first.message ?? first.keyword}` };
}
