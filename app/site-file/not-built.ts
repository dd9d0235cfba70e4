import { type FilePath, pathText } from './finding.ts';

/** Keys of the full site file that this version does not obey, by place (`[]` stands for any list position). */
const NOT_BUILT_KEYS: Readonly<Record<string, string>> = {
  meters: 'meters',
  signals: 'grid signals',
  load: 'load strategies: chargers share the connection equally',
  rules: 'rules',
  journal: 'journal retention settings',
  telemetry: 'telemetry',
  'electrical.circuits': 'circuits below the connection: chargers hang on the connection itself',
  'chargers.defaults.phaseOrder': 'phase orders: each charger is counted on every phase',
  'chargers.known[].phaseOrder': 'phase orders: each charger is counted on every phase',
  'chargers.known[].minA': 'a minimum per charger: minA stands under chargers.defaults',
  'backends[].queue': 'queue settings: nothing is ever dropped from the queue',
  'backends[].tls': 'TLS settings: wss:// checks the certificate against the usual authorities',
  'ui.tls': 'TLS for the API',
};

/** Values that name something not built yet, by place. */
const NOT_BUILT_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ocpp.versions[]': { 'ocpp2.1': 'OCPP 2.1' },
  'backends[].versions[]': { 'ocpp2.1': 'OCPP 2.1' },
};

/** Why a key that the schema does not know is refused, if it belongs to a part that is not built yet. */
export function notBuiltKey(path: FilePath): string | undefined {
  const what = NOT_BUILT_KEYS[pattern(path)];
  return what === undefined ? undefined : refusal(what, 'remove it, the site would not obey it');
}

/** The same for a value. */
export function notBuiltValue(path: FilePath, value: unknown): string | undefined {
  const place = pattern(path);
  if (place === 'site.language') return refusal('languages other than en', 'write en');
  if (/^chargers\.(defaults|known\[\])\.circuit$/.test(place)) {
    return refusal('circuits below the connection', 'write connection, or leave the key out');
  }
  if (/^offlineAuth\.order/.test(place)) {
    return refusal('another order than [localList, cache, policy]', 'write that order, or leave the key out');
  }
  const what = NOT_BUILT_VALUES[place]?.[String(value)];
  return what === undefined ? undefined : refusal(what, 'remove it, the site would not obey it');
}

function refusal(what: string, instead: string): string {
  return `not built yet in this version (${what}); ${instead}`;
}

function pattern(path: FilePath): string {
  return pathText(path).replace(/\[\d+\]/g, '[]');
}
