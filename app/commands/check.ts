import { EXIT } from '../exit-codes.ts';
import { type Finding, findingText, pathText } from '../site-file/finding.ts';
import { loadSiteFile, type SiteFileResult } from '../site-file/load.ts';
import type { SiteConfig } from '../site-file/site-config.ts';
import type { CommandIo } from './command-io.ts';

/** `holdfast check`: every finding of a site file, as lines or as one JSON document, on stdout. Exit 0 or 3. */
export function checkSite(path: string, json: boolean, io: CommandIo): number {
  const result = loadSiteFile(path, io.env);
  if (json) io.stdout.write(`${JSON.stringify(documentOf(result))}\n`);
  else {
    for (const line of findingLines(result)) io.stdout.write(`${line}\n`);
    io.stdout.write(`${summaryOf(result)}\n`);
  }
  return result.config === undefined ? EXIT.configInvalid : EXIT.ok;
}

/** The configuration that `holdfast run` starts with, findings on stderr; undefined (exit 3) if it is not sound. */
export function soundConfig(path: string, io: CommandIo): SiteConfig | undefined {
  const result = loadSiteFile(path, io.env);
  for (const line of findingLines(result)) io.stderr.write(`${line}\n`);
  if (result.config === undefined) io.stderr.write(`${summaryOf(result)}\n`);
  return result.config;
}

function findingLines(result: SiteFileResult): string[] {
  return result.findings.map((finding) => findingText(result.file, finding));
}

function summaryOf({ file, findings, config }: SiteFileResult): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.length - errors;
  const counts = `${errors} ${errors === 1 ? 'error' : 'errors'}, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  if (config === undefined) return `${file}: ${counts}; nothing was started`;
  return `${file}: sound (${counts}), ${config.chargers.known.length} chargers known`;
}

function documentOf({ file, findings, config }: SiteFileResult): object {
  return { file, ok: config !== undefined, findings: findings.map(findingDocument) };
}

function findingDocument({ severity, line, column, path, message, hint }: Finding): object {
  return { severity, line, column, path: pathText(path), message, ...(hint === undefined ? {} : { hint }) };
}
