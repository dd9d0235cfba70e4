import { type Chart, type ChartEdge, type ChartState, statesIn } from './chart.ts';

const TEXT_CHARS = 40;
const LABEL_CHARS = 34;
const HEAD_CHARS = 60;
/** Boxes that no arrow places are stacked in columns of so many. */
const STACK_MAX = 3;
const FONT = 'Helvetica';

/** The four modes have the same colours on every diagram: [fill, border]. */
const MODE_COLOURS: Readonly<Record<string, [string, string]>> = {
  online: ['#e3f4e6', '#2e7d32'],
  offline: ['#ececec', '#616161'],
  fallback: ['#fff1d6', '#b26a00'],
  resync: ['#e1effb', '#1565c0'],
};
const PLAIN: [string, string] = ['#ffffff', '#37474f'];

/** Graphviz text of a chart: one box per state with its story, clusters for what holds states. */
export function dotOf(chart: Chart): string {
  const all = new Map(statesIn(chart.root).map((state) => [state.id, state]));
  const lines = [
    'digraph chart {',
    `  graph [compound=true rankdir=TB fontname="${FONT}" fontsize=13 nodesep=0.45 ranksep=0.55 pad=0.3 newrank=false];`,
    `  node [shape=box style="rounded,filled" fontname="${FONT}" fontsize=11 margin="0.1,0.06"];`,
    `  edge [fontname="${FONT}" fontsize=10 color="#546e7a" fontcolor="#263238" arrowsize=0.7];`,
  ];
  lines.push('  labelloc=t; labeljust=l;');
  lines.push(`  label=${html(headLabel(chart.root) + legend())};`);
  writeChildren(chart.root, lines);
  for (const edge of chart.edges) {
    // An arrow from a state to itself without words says nothing: the words stand in the box.
    if (edge.from !== edge.to || edge.labels.length > 0) lines.push(edgeLine(edge, all));
  }
  lines.push(...stackLines(chart));
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

function writeChildren(state: ChartState, lines: string[]): void {
  if (state.initial !== null) {
    const start = `start:${state.id}`;
    lines.push(
      `  ${quote(start)} [shape=circle style=filled fillcolor="#37474f" label="" width=0.14 margin=0];`,
    );
  }
  for (const child of state.children) {
    if (child.children.length === 0) {
      lines.push(`  ${quote(child.id)} [${nodeAttributes(child)}];`);
      continue;
    }
    const [, border] = MODE_COLOURS[child.name] ?? PLAIN;
    const style = state.type === 'parallel' ? 'rounded,dashed' : 'rounded';
    lines.push(`  subgraph ${quote(`cluster_${child.id}`)} {`);
    lines.push(`  id=${quote(child.id)}; style="${style}"; color="${border}"; margin=14; labeljust=l;`);
    lines.push(`  label=${html(headLabel(child))};`);
    writeChildren(child, lines);
    lines.push('  }');
  }
  if (state.initial !== null) {
    const target = state.children.find(({ id }) => id === state.initial)!;
    const head = target.children.length > 0 ? ` lhead=${quote(`cluster_${target.id}`)}` : '';
    lines.push(`  ${quote(`start:${state.id}`)} -> ${quote(anchorOf(target))} [weight=8${head}];`);
  }
}

function nodeAttributes(state: ChartState): string {
  const [fill, border] = MODE_COLOURS[state.name] ?? PLAIN;
  const final = state.type === 'final' ? ' peripheries=2' : '';
  return `id=${quote(state.id)} fillcolor="${fill}" color="${border}"${final} label=${html(boxLabel(state))}`;
}

/** An edge can only end at a box: one that means a whole cluster ends at its first box and is cut at the border. */
function edgeLine({ from, to, labels }: ChartEdge, all: ReadonlyMap<string, ChartState>): string {
  const source = all.get(from)!;
  const target = all.get(to)!;
  const tail = source.children.length > 0 ? ` ltail=${quote(`cluster_${from}`)}` : '';
  const head = target.children.length > 0 ? ` lhead=${quote(`cluster_${to}`)}` : '';
  const text = labels.flatMap(labelLines).map(escapeHtml);
  const label =
    text.length > 0
      ? `label=${html(`${text.join('<br align="left"/>')}<br align="left"/>`)}`
      : 'color="#b0bec5" penwidth=0.8';
  return `  ${quote(anchorOf(source))} -> ${quote(anchorOf(target))} [${label}${tail}${head}];`;
}

/** The event and its guard on the first lines, the effects below them. */
function labelLines(label: string): string[] {
  const [when, effects] = label.split(' / ') as [string, string?];
  return [...wrap(when, LABEL_CHARS), ...(effects ? wrap(`/ ${effects}`, LABEL_CHARS) : [])];
}

/** Invisible edges between boxes that have no arrow to a sibling, else they would all stand in one long row. */
function stackLines({ root, edges }: Chart): string[] {
  const touched = new Set(edges.flatMap(({ from, to }) => (from === to ? [] : [from, to])));
  return statesIn(root).flatMap((state) => {
    const loose = state.children.filter((child) => child.children.length === 0 && !touched.has(child.id));
    return loose.flatMap((child, index) =>
      index % STACK_MAX === 0
        ? []
        : [`  ${quote(loose[index - 1]!.id)} -> ${quote(child.id)} [style=invis];`],
    );
  });
}

function anchorOf(state: ChartState): string {
  if (state.children.length === 0) return state.id;
  return anchorOf(state.children.find(({ id }) => id === state.initial) ?? state.children[0]!);
}

function headLabel(state: ChartState): string {
  const rest = [...wrapped(state.description, HEAD_CHARS), ...factLines(state, HEAD_CHARS)];
  return [`<b>${escapeHtml(state.name)}</b>`, ...rest]
    .join('<br align="left"/>')
    .concat('<br align="left"/>');
}

function legend(): string {
  const text =
    'event [condition] / effect; grey arrow: its words stand in the box behind “→ here”; dashed: side by side';
  const lines = wrap(text, HEAD_CHARS).map((line) => `<font color="#78909c" point-size="10">${line}</font>`);
  return `${lines.join('<br align="left"/>')}<br align="left"/>`;
}

function boxLabel(state: ChartState): string {
  const lines = [
    `<font point-size="13"><b>${escapeHtml(state.name)}</b></font>`,
    ...wrapped(state.description, TEXT_CHARS),
    ...factLines(state, TEXT_CHARS),
  ];
  return `${lines.join('<br align="left"/>')}<br align="left"/>`;
}

function wrapped(text: string, chars: number): string[] {
  return wrap(text, chars).map((line) => `<font color="#455a64">${escapeHtml(line)}</font>`);
}

/** What happens on entry, inside, and how one gets here from anywhere else. */
function factLines(state: ChartState, chars: number): string[] {
  const facts = [
    ...state.onEntry.map((effect) => `entry / ${effect}`),
    ...state.onExit.map((effect) => `exit / ${effect}`),
    ...state.reactions,
    ...state.arrivals.map((label) => `→ here: ${label}`),
  ];
  return facts
    .flatMap((fact) => wrap(fact, chars))
    .map((line) => `<font point-size="10">${escapeHtml(line)}</font>`);
}

/** Breaks at spaces; later lines are indented, so that one entry reads as one. */
export function wrap(text: string, chars: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > chars) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

function html(content: string): string {
  return `<${content}>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}

/** Graphviz measures with the widths of Helvetica; other systems' fonts are wider, so text is drawn smaller than measured. */
const DRAWN_SIZE = 0.88;
const FAMILY = 'Helvetica,Arial,sans-serif';

/** Makes Graphviz' SVG hold its text whatever sans-serif font the reader has. */
export function withSafeFonts(svg: string): string {
  return svg
    .replaceAll(
      /font-size="([\d.]+)"/g,
      (_, size: string) => `font-size="${(Number(size) * DRAWN_SIZE).toFixed(2)}"`,
    )
    .replaceAll(`font-family="${FONT}"`, `font-family="${FAMILY}"`);
}
