import { ALWAYS_REFUSED_KEYS } from './rules.ts';

const MASK = '***';
/** Scheme and slashes, then whatever stands before the last @ of the authority. */
const USERINFO = /^((?:[a-z][a-z0-9+.-]*:)?[/\\]*)[^/\\?#]*@/i;
/** Where else the URL of a command may stand: SignedUpdateFirmware, GetLog. */
const URL_PARTS = [
  ['firmware', 'location'],
  ['log', 'remoteLocation'],
] as const;
const SECRET_KEYS: ReadonlySet<string> = new Set(ALWAYS_REFUSED_KEYS.map((key) => key.toLowerCase()));

/**
 * The payload of a command without its secrets (a charger's new key, user and password in a URL); null when it holds
 * none. Such commands are refused whatever the rules say, so what is masked is needed by nobody.
 */
export function withoutSecrets(payload: Record<string, unknown>): Record<string, unknown> | null {
  const { key, value } = payload;
  if (typeof key === 'string' && typeof value === 'string' && SECRET_KEYS.has(key.toLowerCase()))
    return { ...payload, value: MASK };
  const changes: Record<string, unknown> = { ...maskedUrl(payload, 'location'), ...maskedIn201(payload) };
  for (const [part, member] of URL_PARTS) {
    const inner = payload[part];
    if (typeof inner !== 'object' || inner === null) continue;
    const url = maskedUrl(inner as Record<string, unknown>, member);
    if (member in url) changes[part] = { ...inner, ...url };
  }
  return Object.keys(changes).length === 0 ? null : { ...payload, ...changes };
}

/** SetVariables with the charger's key, and the passwords of SetNetworkProfile. */
function maskedIn201({ setVariableData, connectionData }: Record<string, unknown>): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  if (Array.isArray(setVariableData) && setVariableData.some(isKeyVariable)) {
    const masked = (item: Record<string, unknown>) => ({ ...item, attributeValue: MASK });
    changes.setVariableData = setVariableData.map((item) => (isKeyVariable(item) ? masked(item) : item));
  }
  if (typeof connectionData !== 'object' || connectionData === null) return changes;
  const { apn, vpn } = connectionData as { apn?: object; vpn?: object };
  if (apn) changes.connectionData = { ...connectionData, apn: { ...apn, apnPassword: MASK, simPin: 0 } };
  if (vpn) {
    const masked = { ...vpn, password: MASK, key: MASK };
    changes.connectionData = { ...connectionData, ...(changes.connectionData as object), vpn: masked };
  }
  return changes;
}

/** An item of SetVariables that sets what a charger of 2.0.1 logs in with. */
export function isKeyVariable(item: unknown): boolean {
  const { variable } = (item ?? {}) as { variable?: { name?: unknown } };
  return String(variable?.name).toLowerCase() === 'basicauthpassword';
}

function maskedUrl(of: Record<string, unknown>, member: string): Record<string, string> {
  const url = of[member];
  if (typeof url !== 'string' || !USERINFO.test(url)) return {};
  return { [member]: url.replace(USERINFO, `$1${MASK}@`) };
}
