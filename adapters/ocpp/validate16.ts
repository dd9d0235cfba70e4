import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formatsPlugin from 'ajv-formats';
// Only the generated schemas: the package's root loads all versions and their types' helpers.
import * as schemas from 'typed-ocpp/dist/ocpp16/schemas.js';
import { standingOf } from './actions16.ts';
import type { CallErrorCode, Violation } from './call-error.ts';
import type { Payload } from './frame.ts';
import { relaxed } from './leniency16.ts';

/** `receive` reads leniently (see leniency16.ts); `emit` is the standard to the letter, for what is made here. */
export type Strictness = 'receive' | 'emit';

/** Checks payloads of OCPP 1.6 against its schemas. Validators are compiled on first use (some 5 ms each). */
export interface Validator16 {
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
const schemaNamed: ReadonlyMap<string, Record<string, unknown>> = new Map(Object.entries(schemas));

export function createValidator16(strictness: Strictness): Validator16 {
  // Strict schemas are not ours to ask for, but strict numbers are: 1e999 parses to Infinity.
  const ajv = new Ajv({ strict: false, strictNumbers: true, multipleOfPrecision: 3, logger: false });
  addFormats(ajv, ['date-time', 'uri']);
  if (strictness === 'receive') relaxed.formats(ajv);
  const requests = new Map<string, ValidateFunction>();
  const responses = new Map<string, ValidateFunction>();

  function validatorFor(
    compiled: Map<string, ValidateFunction>,
    action: string,
    part: string,
  ): ValidateFunction {
    const known = compiled.get(action);
    if (known !== undefined) return known;
    const schema = schemaNamed.get(action + part) ?? {};
    const made = ajv.compile(strictness === 'receive' ? relaxed.schema(action + part, schema) : schema);
    compiled.set(action, made);
    return made;
  }

  return {
    call(sender, action, payload) {
      const standing = standingOf(action, sender);
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
