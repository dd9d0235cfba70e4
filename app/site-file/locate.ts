import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml';
import type { FilePath } from './finding.ts';

export interface Place {
  line: number;
  column: number;
}

/** Where in the YAML text a path stands: its key if there is one, else the closest thing around it. */
export function locate(document: Document, lines: LineCounter, path: FilePath): Place {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const part of path) {
    const resolved = isAlias(node) ? node.resolve(document) : node;
    const step = stepInto(resolved ?? null, part);
    if (step === undefined) break;
    node = step.node;
    offset = step.offset ?? offset;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The value node at a path, for remarks that depend on how it was written. */
export function nodeAt(document: Document, path: FilePath): Node | null {
  let node = document.contents as Node | null;
  for (const part of path) {
    const resolved = isAlias(node) ? node.resolve(document) : node;
    node = stepInto(resolved ?? null, part)?.node ?? null;
  }
  return node;
}

function stepInto(
  node: Node | null,
  part: string | number,
): { node: Node | null; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = (node.items as Pair[]).find(
      (item) => isScalar(item.key) && String(item.key.value) === String(part),
    );
    if (!pair) return undefined;
    return { node: pair.value as Node | null, offset: (pair.key as Node).range?.[0] };
  }
  if (isSeq(node) && typeof part === 'number') {
    const item = node.items[part] as Node | undefined;
    return item === undefined ? undefined : { node: item, offset: item.range?.[0] };
  }
  return undefined;
}
