export interface EnsureNatsOptions {
  /** Default: the process's. */
  env?: Record<string, string | undefined>;
  /** Default: `<project>/.cache/nats-server`. */
  cacheFolder?: string;
  sbinFolders?: string[];
  /** Default: whether the process runs as root; true tries a system-wide installation first. */
  asRoot?: boolean;
}

export interface EnsureNatsResult {
  found: string | null;
  how: 'present' | 'package' | 'unpacked' | 'none';
  /** One line for people. */
  message: string;
}

/** Finds nats-server, or gets it from the system's package manager. */
export function ensureNats(options?: EnsureNatsOptions): EnsureNatsResult;
