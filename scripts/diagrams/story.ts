import { type Chart, type ChartState, statesIn } from './chart.ts';

/** The page of one machine: its picture, and what each state means. */
export function storyOf(kind: string, chart: Chart): string {
  const { root } = chart;
  const rows = statesIn(root)
    .slice(1)
    .map(
      (state) => `| ${pathOf(state, root)} | ${cell([state.description])} | ${cell(reactionsOf(state))} |`,
    );
  return [
    `# ${kind}`,
    '',
    root.description,
    '',
    `![${kind}](${kind}.svg)`,
    '',
    `The same as text for Mermaid: [${kind}.mmd](${kind}.mmd). Written by \`npm run diagrams\` from the machine itself.`,
    '',
    ...(root.reactions.length > 0 ? [`In every state: ${code(root.reactions)}.`, ''] : []),
    '| state | what it means | what it does without leaving |',
    '|---|---|---|',
    ...rows,
    '',
    '| from | to | when |',
    '|---|---|---|',
    ...chart.edges
      .filter(({ labels }) => labels.length > 0)
      .map(
        ({ from, to, labels }) =>
          `| ${shortId(from, root)} | ${shortId(to, root)} | ${cell([code(labels)])} |`,
      ),
    ...statesIn(root)
      .filter(({ arrivals }) => arrivals.length > 0)
      .map((state) => `| several | ${pathOf(state, root)} | ${cell([code(state.arrivals)])} |`),
    '',
  ].join('\n');
}

function reactionsOf(state: ChartState): string[] {
  const facts = [
    ...state.onEntry.map((effect) => `entry / ${effect}`),
    ...state.onExit.map((effect) => `exit / ${effect}`),
    ...state.reactions,
  ];
  return facts.length > 0 ? [code(facts)] : [];
}

function pathOf(state: ChartState, root: ChartState): string {
  return shortId(state.id, root);
}

function shortId(id: string, root: ChartState): string {
  return id.startsWith(`${root.id}.`) ? id.slice(root.id.length + 1) : id;
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(', ');
}

function cell(texts: readonly string[]): string {
  return texts.join(' ').replaceAll('|', '\\|');
}
