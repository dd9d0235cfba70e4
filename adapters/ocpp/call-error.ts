/** Error codes of OCPP-J 1.6 (4.2.3). "Occurence" is how the 1.6 standard spells it, so peers expect it so. */
export type CallErrorCode =
  | 'NotImplemented'
  | 'NotSupported'
  | 'InternalError'
  | 'ProtocolError'
  | 'SecurityError'
  | 'FormationViolation'
  | 'PropertyConstraintViolation'
  | 'OccurenceConstraintViolation'
  | 'TypeConstraintViolation'
  | 'GenericError';

/** Why a message is refused, ready to be sent as CALLERROR. */
export interface Violation {
  code: CallErrorCode;
  description: string;
}
