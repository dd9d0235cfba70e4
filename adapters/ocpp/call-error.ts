/**
 * Error codes of OCPP-J, as 1.6 (4.2.3) spells them, "Occurence" included. What only 2.0.1 (part 4, 4.3) knows stands
 * last; `rpc.ts` spells the others for the version of its socket.
 */
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
  | 'GenericError'
  | 'MessageTypeNotSupported'
  | 'RpcFrameworkError';

/** Why a message is refused, ready to be sent as CALLERROR. */
export interface Violation {
  code: CallErrorCode;
  description: string;
}
