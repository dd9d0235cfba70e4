import { EXIT } from '../exit-codes.ts';
import { printable } from '../terminal-text.ts';
import type { ApiOptions } from './api-client.ts';
import type { CommandIo } from './command-io.ts';

/** The result of a command: its document as it came, or a table of it. Gives the exit code. */
export function print(
  document: unknown,
  { json }: ApiOptions,
  io: CommandIo,
  rows: () => string[][],
): number {
  const text = json ? JSON.stringify(document) : aligned(rows());
  io.stdout.write(`${text}\n`);
  return EXIT.ok;
}

/** Columns as wide as their widest cell; the last is left as it is. */
function aligned(rows: string[][]): string {
  const clean = rows.map((row) => row.map(printable));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]!.length)));
  return clean
    .map((row) =>
      row.map((cell, column) => cell.padEnd(column < row.length - 1 ? widths[column]! : 0)).join('  '),
    )
    .join('\n');
}
