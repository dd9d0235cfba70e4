/** What every part of a run needs to know. */
export interface BenchContext {
  /** Scratch folder on a real disk; removed when the run ends. */
  folder: string;
  natsCacheFolder: string;
  /** Further options of Node for the process of the product, such as `--cpu-prof`. */
  serverArgv: readonly string[];
  /** One line of progress, for people. */
  say(line: string): void;
}
