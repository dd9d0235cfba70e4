import type { LostField, Payload } from '../mapping.ts';

/** EVSEType of OCPP 2.0.1. */
export interface Evse {
  id: number;
  connectorId?: number;
}

/** The whole EVSE that a 1.6 connector is, or nothing for connector 0, the whole charger. */
export function evseOf(connectorId: number | undefined): Payload | undefined {
  return connectorId === undefined || connectorId === 0 ? undefined : { id: connectorId };
}

/** 1.6 connector of an EVSE; none: the whole charger. */
export function connectorOf(evse: Evse | undefined): number {
  return evse?.id ?? 0;
}

/** Connector numbers within an EVSE have no place in 1.6; number 1 is the only one there, so it is not lost. */
export function lostConnector(evse: Evse | undefined): LostField[] {
  return (evse?.connectorId ?? 1) === 1 ? [] : ['evse.connectorId'];
}
