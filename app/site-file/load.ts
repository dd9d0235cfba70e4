import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { type CheckableSite, error, referenceRemarks, securityRemarks } from './checks.ts';
import { commandRemarks } from './command-checks.ts';
import { electricalRemarks } from './electrical-checks.ts';
import { exposureRemarks } from './exposure-checks.ts';
import type { FilePath, Finding, Remark } from './finding.ts';
import { locate, nodeAt } from './locate.ts';
import { floorWarnings, profileRemarks } from './profile-checks.ts';
import { type SiteFileData, siteFileSchema } from './schema.ts';
import { lookUpSecret, type Secret, type SecretSource } from './secret.ts';
import { type SiteConfig, siteConfigOf } from './site-config.ts';
import { remarksOf } from './wording.ts';

/** All findings of one run; `config` is there when none of them is an error. */
export interface SiteFileResult {
  /** Name of the file as findings show it. */
  file: string;
  findings: Finding[];
  config: SiteConfig | undefined;
}

const FILE_BYTES_MAX = 1024 * 1024;

/** Reads and checks a site file. Never throws for what the file holds; an unreadable file is a finding too. */
export function loadSiteFile(path: string, env: SecretSource['env']): SiteFileResult {
  const file = resolve(path);
  const name = basename(file);
  try {
    if (statSync(file).size > FILE_BYTES_MAX) return unreadable(name, 'is larger than 1 MiB');
    return readSiteFile(readFileSync(file, 'utf8'), file, { folder: dirname(file), env });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
    if (code === undefined) throw cause;
    return unreadable(name, code === 'ENOENT' ? `does not exist (${file})` : `cannot be read (${code})`);
  }
}

/** The same for a text: YAML syntax, schema, references, electrical sense, security, in this order. */
export function readSiteFile(text: string, file: string, secrets: SecretSource): SiteFileResult {
  const name = basename(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = syntaxFindings(document, lines);
  if (syntax.length > 0) return { file: name, findings: syntax, config: undefined };
  const content = contentOf(document);
  if (!content.ok)
    return { file: name, findings: [placed(document, lines, content.remark)], config: undefined };

  const parsed = siteFileSchema.safeParse(content.value);
  const issues = parsed.success ? [] : parsed.error.issues;
  const site = sectionsThatPass(content.value, issues);
  const lookUp = (reference: string) => lookUpSecret(reference, secrets);
  const place = (remark: Remark): Finding => placed(document, lines, remark);
  const schemaFindings = issues
    .flatMap((issue) => remarksOf(issue, (path) => nodeAt(document, path)))
    .map(place);
  const findings = [
    ...schemaFindings.sort((a, b) => a.line - b.line || a.column - b.column),
    ...referenceRemarks(site, lookUp).map(place),
    ...profileRemarks(site, { lookUp, folder: secrets.folder, nowMs: Date.now() }).map(place),
    ...commandRemarks(site).map(place),
    ...electricalRemarks(site).map(place),
    ...exposureRemarks(site).map(place),
    ...floorWarnings(site).map(place),
    ...securityRemarks(site).map(place),
  ];
  const isSound = parsed.success && findings.every((finding) => finding.severity === 'warning');
  const secretOf = (reference: string): Secret => {
    const lookup = lookUp(reference);
    if (!lookup.ok) throw new TypeError(`secret vanished while the site file was read: ${lookup.problem}`);
    return lookup.secret;
  };
  return {
    file: name,
    findings,
    config: isSound ? siteConfigOf(parsed.data, resolve(file), secretOf) : undefined,
  };
}

function unreadable(file: string, message: string): SiteFileResult {
  return { file, findings: [{ ...error([], message), line: 1, column: 1 }], config: undefined };
}

function placed(document: Document, lines: LineCounter, remark: Remark): Finding {
  return { ...remark, ...locate(document, lines, remark.path) };
}

const SYNTAX_WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  TAB_AS_INDENT: 'indent with spaces, not with tabs',
  MULTIPLE_DOCS: 'more than one YAML document in the file (a line --- )',
};

function syntaxFindings(document: Document.Parsed, lines: LineCounter): Finding[] {
  return document.errors.map((problem) => {
    const { line, col } = lines.linePos(problem.pos[0]);
    const message = SYNTAX_WORDS[problem.code] ?? `YAML: ${problem.message}`;
    return { ...error([], message), line: Math.max(1, line), column: Math.max(1, col) };
  });
}

type Content = { ok: true; value: Record<string, unknown> } | { ok: false; remark: Remark };

function contentOf(document: Document): Content {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { ok: true, value: value as Record<string, unknown> };
    }
    return { ok: false, remark: error([], 'the file must be a block of keys that starts with version: 1') };
  } catch (cause) {
    return {
      ok: false,
      remark: error([], `YAML: ${cause instanceof Error ? cause.message : String(cause)}`),
    };
  }
}

/** Later checks still run on what is sound, so that one run shows everything. */
function sectionsThatPass(
  value: Record<string, unknown>,
  issues: ReadonlyArray<{ code?: string; path: PropertyKey[] }>,
): CheckableSite {
  const known = withoutUnknownKeys(value, issues);
  const site: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(siteFileSchema.shape)) {
    const section = schema.safeParse(known[key]);
    if (section.success) site[key] = section.data;
  }
  return site as Partial<SiteFileData>;
}

function withoutUnknownKeys(
  value: Record<string, unknown>,
  issues: ReadonlyArray<{ code?: string; path: PropertyKey[] }>,
): Record<string, unknown> {
  const copy = structuredClone(value);
  for (const issue of issues) {
    if (!isUnknownKeys(issue)) continue;
    const parent = valueAt(copy, issue.path as FilePath);
    if (typeof parent !== 'object' || parent === null) continue;
    for (const key of issue.keys) Reflect.deleteProperty(parent, key);
  }
  return copy;
}

function isUnknownKeys(issue: {
  code?: string;
}): issue is { code: 'unrecognized_keys'; path: PropertyKey[]; keys: string[] } {
  return issue.code === 'unrecognized_keys';
}

function valueAt(value: unknown, path: FilePath): unknown {
  return path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    value,
  );
}
