import type { Mode } from '../actors/tells.ts';
import type {
  ChargerStatus,
  ConnectorStatus,
  DecisionStatus,
  QueueStatus,
  SessionStatus,
} from './site-view.ts';
import { type Cell, type Colour, type Column, joinCells, tableLines } from './terminal-text.ts';

/** What every part of the picture is drawn with. */
export interface Drawing {
  columns: number;
  colour: boolean;
  /** Wall milliseconds of the picture. */
  at: number;
  timeText(atMs: number): string;
}

export interface Section {
  /** Title first. */
  lines: string[];
  /** What does not fit is older, and needs no word. */
  newestFirst: boolean;
}

/** Shape and word beside the colour: nobody must rely on colour alone. */
const MODES: Readonly<Record<Mode, Cell>> = {
  online: { text: '● online', colour: 'green' },
  offline: { text: '○ offline', colour: 'red' },
  fallback: { text: '▲ fallback', colour: 'yellow' },
  resync: { text: '◆ resync', colour: 'cyan' },
};

export function modeCell(mode: Mode): Cell {
  return MODES[mode];
}

const CONNECTOR_COLUMNS: readonly Column[] = [
  { title: 'CONNECTOR', width: 12, dropOrder: 0 },
  { title: 'STATE', width: 13, dropOrder: 0 },
  { title: 'MODE', width: 10, dropOrder: 1 },
  { title: 'LIMIT', width: 7, align: 'right', dropOrder: 2 },
  { title: 'DRAW', width: 7, align: 'right', dropOrder: 0 },
  { title: 'POWER', width: 8, align: 'right', dropOrder: 4 },
  { title: 'ENERGY', width: 9, align: 'right', dropOrder: 5 },
  { title: 'SESSION', width: 18, dropOrder: 6 },
  { title: 'SEEN', width: 8, align: 'right', dropOrder: 7 },
  { title: 'OCPP', width: 5, align: 'right', dropOrder: 8 },
];

export function connectorSection(
  chargers: ChargerStatus[],
  sessions: SessionStatus[],
  drawing: Drawing,
): Section {
  const bySession = new Map(sessions.map((session) => [session.id, session]));
  const rows = chargers.flatMap((charger) => {
    if (charger.connectors.length === 0) return [withoutConnectors(charger, drawing)];
    return charger.connectors.map((connector) =>
      connectorRow(charger, connector, bySession.get(connector.session ?? ''), drawing),
    );
  });
  return { lines: tableLines(CONNECTOR_COLUMNS, rows, drawing.columns, drawing.colour), newestFirst: false };
}

function connectorRow(
  charger: ChargerStatus,
  connector: ConnectorStatus,
  session: SessionStatus | undefined,
  drawing: Drawing,
): Cell[] {
  return [
    { text: `${charger.id}/${connector.connector}` },
    stateCell(charger, connector),
    modeCell(connector.mode),
    { text: ampsText(connector.limitA) },
    { text: ampsText(connector.currentA) },
    { text: connector.powerW === null ? '–' : `${(connector.powerW / 1_000).toFixed(1)} kW` },
    { text: session?.energyWh == null ? '–' : `${(session.energyWh / 1_000).toFixed(2)} kWh` },
    session === undefined ? { text: '–' } : { text: `${session.state}, ${session.authority}` },
    { text: agoText(charger.lastFrameAt, drawing.at) },
    versionCell(charger),
  ];
}

function versionCell({ protocol }: ChargerStatus): Cell {
  return { text: protocol?.replace(/^ocpp/i, '') ?? '–' };
}

function stateCell(charger: ChargerStatus, connector: ConnectorStatus): Cell {
  if (charger.quarantined) return { text: 'quarantined', colour: 'red' };
  if (charger.outage.closedOut) return { text: 'closed out', colour: 'yellow' };
  return { text: connector.state, ...stateColour(connector) };
}

function withoutConnectors(charger: ChargerStatus, drawing: Drawing): Cell[] {
  const blank: Cell = { text: '–' };
  const seen = { text: agoText(charger.lastFrameAt, drawing.at) };
  return [
    { text: charger.id },
    { text: 'no connector' },
    modeCell(charger.mode),
    blank,
    blank,
    blank,
    blank,
    blank,
    seen,
    versionCell(charger),
  ];
}

function stateColour(connector: ConnectorStatus): { colour?: Colour } {
  if (connector.state === 'Charging') return { colour: 'green' };
  if (connector.state === 'Faulted') return { colour: 'red' };
  return connector.state === 'Unknown' ? { colour: 'grey' } : {};
}

const BACKEND_COLUMNS: readonly Column[] = [
  { title: 'BACKEND LINK', width: 22, dropOrder: 0 },
  { title: 'MODE', width: 10, dropOrder: 0 },
  { title: 'QUEUED', width: 7, align: 'right', dropOrder: 0 },
  { title: 'OLDEST', width: 8, align: 'right', dropOrder: 1 },
  { title: 'DEAD', width: 5, align: 'right', dropOrder: 2 },
];

/** Links with something to tell stand first. */
export function backendSection(queues: QueueStatus[], drawing: Drawing): Section {
  const weight = (queue: QueueStatus) =>
    (queue.mode === 'online' ? 0 : 1) + (queue.queued > 0 || queue.deadLetters > 0 ? 2 : 0);
  const rows = [...queues]
    .sort((a, b) => weight(b) - weight(a))
    .map((queue): Cell[] => [
      { text: `${queue.charger} → ${queue.backend}` },
      modeCell(queue.mode),
      { text: String(queue.queued), ...(queue.queued > 0 ? { colour: 'yellow' } : {}) },
      { text: queue.oldestAgeS === null ? '–' : secondsText(queue.oldestAgeS) },
      { text: String(queue.deadLetters), ...(queue.deadLetters > 0 ? { colour: 'red' } : {}) },
    ]);
  return { lines: tableLines(BACKEND_COLUMNS, rows, drawing.columns, drawing.colour), newestFirst: false };
}

export function decisionSection(decisions: DecisionStatus[], drawing: Drawing): Section {
  const title = joinCells([{ text: 'LAST DECISIONS', colour: 'grey' }], drawing.columns, drawing.colour);
  const lines = decisions.map((decision) => {
    const cells: Cell[] = [
      { text: `${drawing.timeText(Date.parse(decision.at))}  `, colour: 'grey' },
      { text: placeText(decision).padEnd(10) },
      { text: `  ${decision.text}` },
    ];
    if (decision.reason !== null) cells.push({ text: `  [${decision.reason.code}]`, colour: 'grey' });
    return joinCells(cells, drawing.columns, drawing.colour);
  });
  return { lines: [title, ...lines], newestFirst: true };
}

function placeText({ charger, connector }: DecisionStatus): string {
  if (charger === null) return 'site';
  return connector === null ? charger : `${charger}/${connector}`;
}

function ampsText(amps: number | null): string {
  return amps === null ? '–' : `${amps.toFixed(1)} A`;
}

function agoText(at: string | null, now: number): string {
  if (at === null) return 'never';
  const agoS = Math.max(0, Math.round((now - Date.parse(at)) / 1_000));
  return Number.isFinite(agoS) ? `${secondsText(agoS)}` : '–';
}

/** `45 s`, `3 m 20 s`, `5 h 12 m`, `9 d` */
function secondsText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} m`;
  return `${Math.floor(whole / 86_400)} d`;
}
