import type { CommandFacts } from './judge.ts';
import { isKeyVariable } from './secrets.ts';

/** Commands of OCPP 2.0.1 are judged by their 1.6 form; what 2.0.1 can say beyond 1.6 is here. */

/** Answers to a command that is done later, or counts as done. */
const DEFERRED: Readonly<Record<string, string>> = {
  ChangeAvailability: '{"status":"Scheduled"}',
  Reset: '{"status":"Scheduled"}',
  UnlockConnector: '{"status":"Unlocked"}',
  UpdateFirmware: '{"status":"Accepted"}',
};

/** 2.0.1 has a word for a Reset that comes later (B12.FR.03). */
export function factsIn201(action: string, facts: CommandFacts): CommandFacts {
  return { ...facts, canSayDeferred: facts.canSayDeferred || action === 'Reset' };
}

/**
 * CALLRESULT payload that refuses what no rule lets through: the charger's key and its network are not the CPMS's to
 * change behind this site, and their secrets are masked before anybody here sees them. Null: the rules decide.
 */
export function refusalAlways201(action: string, payload: Record<string, unknown>): string | null {
  if (action === 'SetNetworkProfile') return '{"status":"Rejected"}';
  const { setVariableData } = payload as { setVariableData?: Array<Record<string, unknown>> };
  if (action !== 'SetVariables' || !setVariableData?.some(isKeyVariable)) return null;
  const setVariableResult = setVariableData.map(({ component, variable, attributeType }) => ({
    ...(attributeType === undefined ? {} : { attributeType }),
    attributeStatus: 'Rejected',
    component,
    variable,
  }));
  return JSON.stringify({ setVariableResult });
}

/** CALLRESULT payload that defers the command, or counts it as done; null when there is none. */
export function deferralAnswer201(action: string): string | null {
  return DEFERRED[action] ?? null;
}
