const OLDEST_WITHOUT_WARNING = { major: 2, minor: 10 };

/** `2.9.10` from what `nats-server --version` prints; undefined if that is something else. */
export function parseServerVersion(text: string): string | undefined {
  return /\bv(\d+\.\d+\.\d+\S*)/.exec(text)?.[1];
}

/** What health shows for a server of this version; undefined if nothing is to be said. */
export function serverVersionWarning(version: string | undefined): string | undefined {
  if (version === undefined) return undefined;
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  const oldest = OLDEST_WITHOUT_WARNING;
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return undefined;
  return (
    `nats-server ${version} is older than ${oldest.major}.${oldest.minor} and lacks later security fixes. ` +
    'The bus works with it; keep it on loopback, and name a newer one in HOLDFAST_NATS_BIN when you can.'
  );
}
