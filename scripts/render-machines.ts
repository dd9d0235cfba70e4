/**
 * Draws every machine of the catalogue into docs/machines: `<kind>.svg` to read, `<kind>.mmd` for Mermaid and
 * `<kind>.md` with the story. `--check` writes nothing and fails when a file is not what the machine says.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { machines } from '../machines/catalogue.ts';
import { chartOf } from './diagrams/chart.ts';
import { dotOf, withSafeFonts } from './diagrams/dot.ts';
import { mermaidOf } from './diagrams/mermaid.ts';
import { storyOf } from './diagrams/story.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'machines');

async function drawAll(): Promise<Map<string, string>> {
  const graphviz = await Graphviz.load();
  const files = new Map<string, string>();
  for (const [kind, machine] of Object.entries(machines)) {
    const chart = chartOf(machine);
    files.set(`${kind}.svg`, withSafeFonts(graphviz.layout(dotOf(chart), 'svg', 'dot')));
    files.set(`${kind}.mmd`, mermaidOf(chart));
    files.set(`${kind}.md`, storyOf(kind, chart));
  }
  return files;
}

function staleFiles(drawn: ReadonlyMap<string, string>): string[] {
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const differing = [...drawn].filter(
    ([name, text]) => !present.includes(name) || readFileSync(join(folder, name), 'utf8') !== text,
  );
  return [...differing.map(([name]) => name), ...present.filter((name) => !drawn.has(name))];
}

const drawn = await drawAll();
const stale = staleFiles(drawn);
if (process.argv.includes('--check')) {
  for (const name of stale) {
    process.stderr.write(
      `docs/machines/${name} is not what the machine says: run npm run diagrams and commit it\n`,
    );
  }
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of stale) {
    const text = drawn.get(name);
    if (text === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
  process.stdout.write(`docs/machines: ${drawn.size} files, ${stale.length} written\n`);
}
