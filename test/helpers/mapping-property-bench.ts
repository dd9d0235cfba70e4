import fc, { type Arbitrary } from 'fast-check';
import { expect } from 'vitest';
import type { Mapped, MappingFacts, OcppAnswer, Payload } from '../../machines/shared/mapping/mapping.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { callErrors } from './cpms-call-generators.ts';
import { violationIn } from './strict-schemas.ts';

/** With a transaction of the receiving leg, with one that it has no name for yet, or about none. */
export function factsTowards(to: OcppVersion): Arbitrary<MappingFacts> {
  const transaction = fc.record({
    transactionId: fc.constantFrom(to === '1.6' ? 7 : 'a5cf-7', null),
    connector: fc.integer({ min: 1, max: 3 }),
    idTag: fc.constant(null),
    seqNo: fc.constant(0),
    offline: fc.boolean(),
    remoteStartId: fc.constantFrom(null, 12),
  });
  return fc.record({ nowMs: fc.nat(), transaction }, { requiredKeys: ['nowMs'] });
}

/** The sent CALLs' answers: what the receiver's version allows, or a CALLERROR. */
export function answersTo(
  mapped: Extract<Mapped, { outcome: 'sent' }>,
  responses: Readonly<Record<string, Arbitrary<unknown>>>,
): Arbitrary<OcppAnswer[]> {
  const each = mapped.calls.map(({ action }) => {
    const payload = (responses[action] ?? fc.constant({})).map((given) => ({ payload: given as Payload }));
    return fc.oneof(
      { weight: 5, arbitrary: payload },
      callErrors.map((error) => ({ error })),
    ) as Arbitrary<OcppAnswer>;
  });
  return fc.tuple(...each);
}

/** Codes that CALLERRORs have in each version, by its OCPP-J part. */
const BOTH = ['NotImplemented', 'NotSupported', 'InternalError', 'ProtocolError', 'SecurityError'];
const MORE = ['PropertyConstraintViolation', 'TypeConstraintViolation', 'GenericError'];
const CODES: Readonly<Record<OcppVersion, ReadonlySet<string>>> = {
  '1.6': new Set([...BOTH, ...MORE, 'FormationViolation', 'OccurenceConstraintViolation']),
  '2.0.1': new Set([
    ...BOTH,
    ...MORE,
    'FormatViolation',
    'OccurrenceConstraintViolation',
    'MessageTypeNotSupported',
    'RpcFrameworkError',
  ]),
};

/** A response as the version's schema has it, or a CALLERROR that the version knows. */
export function expectAnswerOf(version: OcppVersion, action: string, answer: OcppAnswer): void {
  if ('error' in answer) expect(CODES[version]).toContain(answer.error.code);
  else expect(violationIn(version, action, 'Response', answer.payload)).toBeNull();
}

/** The same value with a field in every object that no schema knows. */
export function withVendorFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withVendorFields);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, withVendorFields(each)]);
  return { ...Object.fromEntries(entries), vendorField: 1 };
}
