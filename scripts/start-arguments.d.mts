export function commandArguments(args: readonly string[]): string[];
