/** Text for terminals: colour, cleaning, tables that fit. Widths are in characters. */

export type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'grey' | 'bold';

const CODES: Readonly<Record<Colour, number>> = {
  bold: 1,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  grey: 90,
};

export interface Cell {
  text: string;
  colour?: Colour;
}

export interface Column {
  title: string;
  width: number;
  align?: 'right';
  /** When the line is too narrow, the column with the highest number goes first; 0 stays. */
  dropOrder: number;
}

const GAP = 1;

export function paint(text: string, colour: Colour | undefined, colourful: boolean): string {
  return colourful && colour !== undefined ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
}

/** Text from chargers and backends without anything a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '�');
}

/** Cut to a width, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 0 ? '' : `${characters.slice(0, width - 1).join('')}…`;
}

/** Cells beside each other, cut at the width of the line. */
export function joinCells(cells: readonly Cell[], width: number, colourful: boolean): string {
  let room = width;
  let line = '';
  for (const cell of cells) {
    const text = cut(printable(cell.text), room);
    line += paint(text, cell.colour, colourful);
    room -= [...text].length;
  }
  return line;
}

/** Title line and rows; columns that do not fit are left out by their drop order. */
export function tableLines(
  columns: readonly Column[],
  rows: ReadonlyArray<readonly Cell[]>,
  width: number,
  colourful: boolean,
): string[] {
  const kept = columnsThatFit(columns, width);
  const titles = columns.map((column): Cell => ({ text: column.title, colour: 'grey' }));
  return [titles, ...rows].map((row) => {
    const cells = kept.flatMap((index, position): Cell[] => {
      const cell = padded(row[index] ?? { text: '' }, columns[index]!);
      return position === 0 ? [cell] : [{ text: ' '.repeat(GAP) }, cell];
    });
    return joinCells(cells, width, colourful);
  });
}

function columnsThatFit(columns: readonly Column[], width: number): number[] {
  const kept = columns.map((_column, index) => index);
  const used = () => kept.reduce((sum, index) => sum + columns[index]!.width + GAP, -GAP);
  while (used() > width) {
    const worst = kept.reduce((a, b) => (columns[b]!.dropOrder >= columns[a]!.dropOrder ? b : a));
    if (columns[worst]!.dropOrder === 0) break;
    kept.splice(kept.indexOf(worst), 1);
  }
  return kept;
}

function padded(cell: Cell, column: Column): Cell {
  const text = cut(printable(cell.text), column.width);
  const space = ' '.repeat(column.width - [...text].length);
  return { ...cell, text: column.align === 'right' ? space + text : text + space };
}
