import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { AlarmStatus, HealthStatus, LoadStatus, SiteStatus, SiteView } from './site-view.ts';
import {
  backendSection,
  connectorSection,
  type Drawing,
  decisionSection,
  modeCell,
  type Section,
} from './terminal-sections.ts';
import { type Cell, joinCells, paint } from './terminal-text.ts';

export interface TerminalSize {
  columns: number;
  rows: number;
  colour: boolean;
}

const ROWS_MIN = 6;
const COLUMNS_MIN = 30;
/** Decisions asked for: more never fit on a screen. */
const DECISIONS_MAX = 100;

/** The site as one screen of text: at most `rows` lines of at most `columns` characters each. Pure. */
export function renderSite(view: SiteView, size: TerminalSize): string {
  const columns = Math.max(COLUMNS_MIN, size.columns);
  const rows = Math.max(ROWS_MIN, size.rows);
  const site = view.site();
  const drawing: Drawing = {
    columns,
    colour: size.colour,
    at: Date.parse(site.at),
    timeText: timeTextOf(site.timezone),
  };
  const lines = headerLines(site, view.health(), drawing);
  const sections: Section[] = [
    connectorSection(view.chargers(), view.sessions(), drawing),
    backendSection(view.queues(), drawing),
    decisionSection(view.decisions(Math.min(rows, DECISIONS_MAX)), drawing),
  ];
  const shares = sharesOf(sections, rows - lines.length);
  for (const [index, section] of sections.entries())
    lines.push(...sectionLines(section, shares[index] ?? 0, drawing));
  return lines.slice(0, rows).join('\n');
}

function headerLines(site: SiteStatus, health: HealthStatus, drawing: Drawing): string[] {
  const { bus, clock, store } = health;
  const storeText = `${store.commitsPerHour} commits/h, ${bytesText(store.bytesPerHour)}/h`;
  const cells: Cell[][] = [
    [
      { text: 'Holdfast', colour: 'bold' },
      { text: ` ${health.version}  ` },
      { text: site.id, colour: 'bold' },
      { text: `  ${drawing.timeText(drawing.at)} ${site.timezone}` },
      ...(clock.trust === 'trusted' ? [] : [{ text: '  ▲ clock not trusted', colour: 'yellow' as const }]),
    ],
    [
      { text: 'backend ' },
      site.backendMode === null ? { text: '–' } : modeCell(site.backendMode),
      { text: `   bus ${bus.kind} ` },
      bus.status === 'connected'
        ? { text: '● connected', colour: 'green' }
        : { text: '▲ away', colour: 'yellow' },
      { text: '   store ' },
      store.status === 'ok'
        ? { text: `● ${storeText}`, colour: 'green' }
        : { text: '■ failed', colour: 'red' },
    ],
  ];
  if (site.demoPhase !== null) cells.push([{ text: 'demo    ' }, { text: site.demoPhase, colour: 'cyan' }]);
  for (const alarm of alarmsOf(site, health))
    cells.push([{ text: `■ ${alarm.code}: ${alarm.text}`, colour: 'red' }]);
  const lines = cells.map((line) => joinCells(line, drawing.columns, drawing.colour));
  lines.push(loadLine(site.load, drawing));
  return lines;
}

const ALARMS_SHOWN = 3;

function alarmsOf(site: SiteStatus, health: HealthStatus): AlarmStatus[] {
  const all = [
    ...site.alarms,
    ...health.alarms.filter((alarm) => !site.alarms.some((own) => own.code === alarm.code)),
  ];
  if (all.length <= ALARMS_SHOWN) return all;
  const more = all.length - ALARMS_SHOWN + 1;
  return [...all.slice(0, ALARMS_SHOWN - 1), { code: 'alarms', text: `${more} more stand`, since: site.at }];
}

const BAR_WIDTH_MAX = 50;
/** What stands beside the bar: label, numbers, mode. */
const BAR_BESIDES = 54;

function loadLine(load: LoadStatus | null, { columns, colour }: Drawing): string {
  if (load === null)
    return joinCells([{ text: 'load    not managed (no electrical section)' }], columns, colour);
  const cells: Cell[] = [{ text: 'load    ' }];
  const barWidth = Math.min(BAR_WIDTH_MAX, columns - BAR_BESIDES);
  if (barWidth >= 10) cells.push(...barCells(load, barWidth), { text: ' ' });
  const isOver = load.measuredA !== null && load.measuredA > load.limitA;
  const measured = load.measuredA === null ? '?' : load.measuredA.toFixed(1);
  cells.push(
    { text: `${measured} of ${load.limitA.toFixed(1)} A`, ...(isOver ? { colour: 'red' as const } : {}) },
    { text: `, worst case ${load.worstCaseA.toFixed(1)} A  ` },
    modeCell(load.mode),
  );
  return joinCells(cells, columns, colour);
}

/** Measured, then reserved up to the worst case, then free up to the limit. */
function barCells(load: LoadStatus, width: number): Cell[] {
  const cellsOf = (amps: number) =>
    Math.min(width, Math.max(0, Math.round((amps / Math.max(1, load.limitA)) * width)));
  const measured = cellsOf(load.measuredA ?? 0);
  const reserved = Math.max(0, cellsOf(load.worstCaseA) - measured);
  const isOver = (load.measuredA ?? 0) > load.limitA;
  return [
    { text: '█'.repeat(measured), colour: isOver ? 'red' : 'green' },
    { text: '▒'.repeat(reserved), colour: 'yellow' },
    { text: '·'.repeat(width - measured - reserved), colour: 'grey' },
    { text: '│' },
  ];
}

/** Rows for each section: what it needs where there is room, else an equal share, the rest to whoever needs more. */
function sharesOf(sections: readonly Section[], rows: number): number[] {
  const shares = sections.map(() => 0);
  let left = rows;
  for (let given = true; left > 0 && given; ) {
    given = false;
    sections.forEach((section, index) => {
      if (left > 0 && (shares[index] ?? 0) < section.lines.length + 1) {
        shares[index] = (shares[index] ?? 0) + 1;
        left -= 1;
        given = true;
      }
    });
  }
  return shares;
}

/** An empty line, then as many lines as fit; the last says how many do not. Below title and one line, nothing. */
function sectionLines(section: Section, rows: number, { colour }: Drawing): string[] {
  if (rows < 3) return [];
  const shown = rows - 1;
  if (section.lines.length <= shown || section.newestFirst) return ['', ...section.lines.slice(0, shown)];
  const hidden = section.lines.length - shown + 1;
  return ['', ...section.lines.slice(0, shown - 1), paint(`… ${hidden} more`, 'grey', colour)];
}

function bytesText(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function timeTextOf(timezone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, timeStyle: 'medium' });
  return (atMs) => (Number.isFinite(atMs) ? format.format(atMs) : '–');
}

export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain: boolean;
  write(text: string): boolean;
}

export interface LiveTerminal {
  /** Gives the screen back, with the last picture left standing. */
  stop(): void;
}

const REDRAW_MS = 500;

/** Draws the site twice a second on the alternate screen until stopped. A terminal that does not keep up skips pictures. */
export function startTerminalView(
  view: SiteView,
  output: TerminalOutput,
  clock: Clock,
  colour: boolean,
): LiveTerminal {
  let timer: TimerHandle | undefined;
  const picture = () => renderSite(view, { columns: output.columns ?? 80, rows: output.rows ?? 24, colour });
  const draw = (): void => {
    if (!output.writableNeedDrain) {
      output.write(`\u001b[H${picture().replaceAll('\n', '\u001b[K\r\n')}\u001b[K\u001b[J`);
    }
    timer = clock.setTimer(REDRAW_MS, draw);
  };
  output.write('\u001b[?1049h\u001b[?25l');
  draw();
  return {
    stop() {
      if (timer === undefined) return;
      clock.clearTimer(timer);
      timer = undefined;
      output.write(`\u001b[?25h\u001b[?1049l${picture()}\n`);
    },
  };
}

/** Colour only for a terminal whose user did not decline it (no-color.org). */
export function wantsColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb';
}
