/** Keys and list positions from the top of the site file to one of its places. */
export type FilePath = ReadonlyArray<string | number>;

/** What a check has to say, before its place in the file is looked up. */
export interface Remark {
  severity: 'error' | 'warning';
  path: FilePath;
  /** One sentence for people, without its place. */
  message: string;
  hint?: string;
}

/** A remark with its place in the file; lines and columns count from 1. */
export interface Finding extends Remark {
  line: number;
  column: number;
}

/** `chargers.known[1].maxA` */
export function pathText(path: FilePath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** `site.yaml:12:5 chargers.known[1].maxCurentA unknown key (did you mean maxA?)` */
export function findingText(file: string, finding: Finding): string {
  const place = [`${file}:${finding.line}:${finding.column}`];
  if (finding.severity === 'warning') place.push('warning:');
  const path = pathText(finding.path);
  if (path !== '') place.push(path);
  place.push(finding.message);
  if (finding.hint !== undefined) place.push(`(${finding.hint})`);
  return place.join(' ');
}
