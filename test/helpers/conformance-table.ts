import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One action of `docs/conformance.md`. */
export interface ConformanceRow {
  action: string;
  /** The other side of the peer that calls is there, and is away. */
  there: string;
  away: string;
  shownBy: string;
}

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/conformance.md'), 'utf8');

/** The table under this heading; a row that names several actions gives one each. */
export function conformanceRows(heading: string): ConformanceRow[] {
  const section = PAGE.split('\n## ').find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`docs/conformance.md has no section "${heading}"`);
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| action'))
    .flatMap((line) => {
      const [names = '', there = '', away = '', shownBy = ''] = line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim());
      return names.split(', ').map((action) => ({ action, there, away, shownBy }));
    });
}

/** What a cell says for one setting: "load management off: forwarded; on: answered here" says two things. */
export function cellFor(cell: string, isManaged: boolean): string {
  const [off, on] = cell.split('; on: ');
  if (!off?.startsWith('load management off: ')) return cell;
  return isManaged ? (on ?? '') : off.slice('load management off: '.length);
}
