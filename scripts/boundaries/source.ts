/** One import of a TypeScript file. */
export interface Import {
  specifier: string;
  line: number;
  /** `import type`: leaves nothing at run time. */
  typeOnly: boolean;
}

const IMPORT =
  /^[ \t]*(?:import|export)\b(?<clause>(?:(?!\b(?:from|import|export)\b)[^;'"])*)\bfrom\s*['"](?<from>[^'"]+)['"]|^[ \t]*import\s*['"](?<bare>[^'"]+)['"]|\bimport\s*\(\s*['"](?<dynamic>[^'"]+)['"]/gm;

/** Static, bare and dynamic imports and re-exports; those inside comments are not found. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  return [...code.matchAll(IMPORT)].map((match) => {
    const { clause, from, bare, dynamic } = match.groups!;
    return {
      specifier: from ?? bare ?? dynamic ?? '',
      line: lineOf(code, match.index + match[0].search(/\S/)),
      typeOnly: /^\s*type\b/.test(clause ?? ''),
    };
  });
}

export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`|(?<=(?:[(,=:[!&|?{};]|=>|return)\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;

/** The same text with comments blanked; lines and columns stay. */
export function withoutComments(text: string): string {
  return text.replaceAll(TOKEN, (token) =>
    token.startsWith('//') || token.startsWith('/*') ? blank(token) : token,
  );
}

/** The same text with comments, strings and regular expressions blanked; what stands in a template's `${}` is kept. */
export function codeOnly(text: string): string {
  return text.replaceAll(TOKEN, (token) => {
    if (!token.startsWith('`')) return blank(token);
    return token.replaceAll(/\$\{([^}]*)\}|[^\n]/g, (_part, inner?: string) =>
      inner === undefined ? ' ' : `  ${codeOnly(inner)} `,
    );
  });
}

function blank(token: string): string {
  return token.replaceAll(/[^\n]/g, ' ');
}
