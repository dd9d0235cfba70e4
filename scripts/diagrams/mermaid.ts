import type { Chart, ChartState } from './chart.ts';

/** Mermaid text (stateDiagram-v2); parallel regions are divided by `--`. */
export function mermaidOf({ root, edges }: Chart): string {
  const lines = ['stateDiagram-v2', '  direction LR'];
  writeChildren(root, 1, lines);
  for (const { from, to, labels } of edges) {
    const text = labels.length > 0 ? ` : ${labels.map(escapeText).join('<br/>')}` : '';
    lines.push(`  ${idOf(from)} --> ${idOf(to)}${text}`);
  }
  return `${lines.join('\n')}\n`;
}

function writeChildren(state: ChartState, depth: number, lines: string[]): void {
  const indent = '  '.repeat(depth);
  state.children.forEach((child, index) => {
    if (state.type === 'parallel' && index > 0 && depth > 1) lines.push(`${indent}--`);
    writeState(child, depth, lines);
  });
  if (state.initial !== null) lines.push(`${indent}[*] --> ${idOf(state.initial)}`);
}

function writeState(state: ChartState, depth: number, lines: string[]): void {
  const indent = '  '.repeat(depth);
  if (state.children.length > 0) {
    lines.push(`${indent}state "${state.name}" as ${idOf(state.id)} {`);
    writeChildren(state, depth + 1, lines);
    lines.push(`${indent}}`);
    return;
  }
  lines.push(`${indent}state "${state.name}" as ${idOf(state.id)}`);
  const text = [state.description, ...state.arrivals.map((label) => `to here: ${label}`), ...state.reactions];
  const shown = text.filter((line) => line !== '').map(escapeText);
  if (shown.length > 0) lines.push(`${indent}${idOf(state.id)} : ${shown.join('<br/>')}`);
  if (state.type === 'final') lines.push(`${indent}${idOf(state.id)} --> [*]`);
}

function idOf(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9]/g, '_');
}

/** Semicolons and colons end things in Mermaid; entities do not. */
function escapeText(text: string): string {
  return text.replaceAll(';', ',').replaceAll(':', '#58;').replaceAll('"', "'");
}
