import { guardOf } from '../../machines/shared/governance/rules.ts';
import { rowOfVariable } from '../../machines/shared/mapping/down/variable-lookup.ts';
import { parsePayload } from '../../machines/shared/ocpp16.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { SettingRow } from '../command-rows.ts';
import type { CallAnswered, CallFailed } from '../ports.ts';
import { modeOfTurn } from './books.ts';
import { rulesOf } from './governance.ts';
import { callCharger, chargerOf } from './outbound.ts';

/**
 * Guarded settings of the charger: the CPMS's value is kept as the desired one, and the charger is brought to it at
 * each boot. `Accepted` proves nothing, so what was written is read back.
 */

const READ = 'setting:read';
const VERIFY = 'setting:verify:';
const WRITE = 'setting:write:';
/** Writes of one setting per boot. */
const WRITES_MAX = 3;

interface ConfigurationKey {
  key: string;
  readonly: boolean;
  value?: string;
}

export function isSettingCall(correlation: string): boolean {
  return correlation.startsWith('setting:');
}

/** The CPMS wants this value, which the rules allow. */
export function keepSetting(turn: Turn, { key, value }: { key: string; value: string }): void {
  const row: SettingRow = { key, value, setAt: turn.at, state: 'wanted', writes: 0, problem: null };
  putSetting(turn, row);
  if (modeOfTurn(turn) === 'online') write(turn, row);
}

/** The charger is back: it may have lost what it was told, or been told otherwise on site. */
export function reconcileSettings(turn: Turn): void {
  const rows = settingsOf(turn);
  for (const row of rows) {
    // The rules may have changed with the site file.
    if (guardOf(rulesOf(turn), row.key)?.handling === 'keep')
      putSetting(turn, { ...row, state: 'wanted', writes: 0, problem: null });
    else turn.removeRow(settingTable(turn), row.key.toLowerCase());
  }
  const keys = settingsOf(turn).map(({ key }) => key);
  if (keys.length > 0) read(turn, READ, keys);
}

function read(turn: Turn, correlation: string, keys: readonly string[]): void {
  callCharger(turn, { correlation, action: 'GetConfiguration', raw: JSON.stringify({ key: keys }) });
}

function write(turn: Turn, row: SettingRow): void {
  const { key, value } = row;
  putSetting(turn, { ...row, writes: row.writes + 1 });
  turn.journal({ type: 'setting.written', reason: { code: 'setting.wanted', params: { key, value } } });
  const raw = JSON.stringify({ key, value });
  callCharger(turn, { correlation: `${WRITE}${key}`, action: 'ChangeConfiguration', raw });
}

/** The charger answered a read or a write of ours, or did not: then the next boot tries again. */
export function settingCallEnded(turn: Turn, correlation: string): void {
  const { type, data } = turn.envelope;
  if (type === 'south.answered') {
    const answer = parsePayload((data as unknown as CallAnswered).raw) ?? {};
    if (correlation.startsWith(WRITE)) written(turn, correlation.slice(WRITE.length), String(answer.status));
    else for (const row of rowsAbout(turn, correlation)) compare(turn, row, answer);
  } else {
    const problem = (data as unknown as CallFailed).kind;
    for (const row of rowsAbout(turn, correlation)) putSetting(turn, { ...row, problem });
  }
}

/** The settings still wanted that a call of ours was about. */
function rowsAbout(turn: Turn, correlation: string): SettingRow[] {
  const key = correlation.split(':')[2];
  return settingsOf(turn).filter(
    (row) => row.state === 'wanted' && (key === undefined || isKey(row.key, key)),
  );
}

function written(turn: Turn, key: string, status: string): void {
  const row = settingOf(turn, key);
  if (row?.state !== 'wanted') return;
  if (status === 'Accepted') read(turn, `${VERIFY}${key}`, [key]);
  // What needs a reboot shows at the next boot.
  else if (status === 'RebootRequired') putSetting(turn, { ...row, problem: status });
  else fail(turn, row, status);
}

function compare(turn: Turn, row: SettingRow, answer: Record<string, unknown>): void {
  const { key, value } = row;
  const actual = keysIn(answer).find((entry) => isKey(entry.key, key));
  if (actual?.value === value) {
    putSetting(turn, { ...row, state: 'confirmed', problem: null });
    turn.journal({ type: 'setting.confirmed', reason: { code: 'setting.readBack', params: { key, value } } });
  } else if (!actual && unknownIn(answer).some((unknown) => isKey(unknown, key)))
    fail(turn, row, 'NotSupported');
  else if (actual?.readonly) fail(turn, row, 'readOnly');
  else if (row.writes >= WRITES_MAX) fail(turn, row, 'notTaken');
  else write(turn, row);
}

function fail(turn: Turn, row: SettingRow, problem: string): void {
  putSetting(turn, { ...row, state: 'failed', problem });
  turn.journal({
    type: 'setting.failed',
    reason: { code: 'setting.chargerRefused', params: { key: row.key, problem } },
  });
}

/** The charger's answer to GetConfiguration as the CPMS is to see it: with what it set itself, unless that failed. */
export function withSettings(turn: Turn, raw: string): string {
  const rows = settingsOf(turn).filter(({ state }) => state !== 'failed');
  const answer = rows.length === 0 ? null : parsePayload(raw);
  if (answer === null) return raw;
  let isChanged = false;
  const configurationKey = keysIn(answer).map((entry) => {
    const row = rows.find(({ key }) => isKey(key, entry.key));
    if (!row || row.value === entry.value) return entry;
    isChanged = true;
    return { ...entry, value: row.value };
  });
  if (!isChanged) return raw;
  turn.journal({ type: 'setting.shown', reason: { code: 'setting.desired' } });
  return JSON.stringify({ ...answer, configurationKey });
}

/** The same of an answer to GetVariables. */
export function withSettings201(turn: Turn, raw: string): string {
  const rows = settingsOf(turn).filter(({ state }) => state !== 'failed');
  const answer = rows.length === 0 ? null : parsePayload(raw);
  if (answer === null || !Array.isArray(answer.getVariableResult)) return raw;
  let isChanged = false;
  const getVariableResult = (answer.getVariableResult as VariableResult[]).map((result) => {
    const key = settingOfVariable(result);
    const row = rows.find((one) => isKey(one.key, key));
    const isShown = result.attributeStatus === 'Accepted' && (result.attributeType ?? 'Actual') === 'Actual';
    if (!row || !isShown || row.value === result.attributeValue) return result;
    isChanged = true;
    return { ...result, attributeValue: row.value };
  });
  if (!isChanged) return raw;
  turn.journal({ type: 'setting.shown', reason: { code: 'setting.desired' } });
  return JSON.stringify({ ...answer, getVariableResult });
}

interface VariableResult {
  attributeStatus: string;
  attributeType?: string;
  attributeValue?: string;
  component: { name: string };
  variable: { name: string; instance?: string };
}

function settingOfVariable({ component, variable }: VariableResult): string {
  const row = rowOfVariable({ name: component.name }, variable);
  return typeof row === 'string' ? variable.name : row.key;
}

function keysIn({ configurationKey }: Record<string, unknown>): ConfigurationKey[] {
  return Array.isArray(configurationKey) ? (configurationKey as ConfigurationKey[]) : [];
}

function unknownIn({ unknownKey }: Record<string, unknown>): string[] {
  return Array.isArray(unknownKey) ? (unknownKey as string[]) : [];
}

function isKey(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function settingsOf(turn: Turn): SettingRow[] {
  return turn.rows<Json>(settingTable(turn)).map(({ value }) => value as unknown as SettingRow);
}

function settingOf(turn: Turn, key: string): SettingRow | undefined {
  return turn.row<Json>(settingTable(turn), key.toLowerCase()) as unknown as SettingRow | undefined;
}

function putSetting(turn: Turn, row: SettingRow): void {
  turn.putRow(settingTable(turn), row.key.toLowerCase(), row as unknown as Json);
}

function settingTable(turn: Turn): string {
  return `settings/${chargerOf(turn)}`;
}
