import type { MemoryStore } from '../../../runtime/persistence/memory-store.ts';
import type { Store } from '../../../runtime/persistence/store.ts';
import { CrashWorld, type WorldOptions } from './crash-world.ts';
import { violations } from './verdict.ts';

/** How many port calls the whole story takes when nothing dies. */
export async function countPortCalls(options: Partial<WorldOptions> = {}): Promise<number> {
  const world = new CrashWorld({ ...options, dieAtCall: 0, how: 'powerCut' });
  await world.run();
  const found = violations(world);
  if (found.length > 0) throw new Error(`the story breaks promises without any death: ${found.join('; ')}`);
  return world.portCalls;
}

/** Plays the story with a death at each of these port calls; gives every broken promise with its call. */
export async function dieAtEach(
  calls: readonly number[],
  options: Omit<WorldOptions, 'dieAtCall'>,
): Promise<string[]> {
  const found: string[] = [];
  for (const dieAtCall of calls) {
    const world = new CrashWorld({ ...options, dieAtCall });
    await world.run();
    if (world.diedAtMs === undefined) found.push(`call ${dieAtCall}: nothing died`);
    for (const violation of violations(world)) found.push(`call ${dieAtCall}: ${violation}`);
  }
  return found;
}

/** A store whose commits resolve before they are on disk: the wait for the flush removed. */
export function withoutFlushWait(store: MemoryStore): Store {
  let last: Promise<void> = Promise.resolve();
  return {
    get: (table, key) => store.get(table, key),
    range: (table, options) => store.range(table, options),
    stats: store.stats,
    close: () => store.close(),
    commit: (writes) => {
      last = last.then(() => store.commit(writes));
      return Promise.resolve();
    },
  };
}

export function everyNth(from: number, to: number, step: number): number[] {
  return Array.from(
    { length: Math.max(0, Math.ceil((to - from + 1) / step)) },
    (_, index) => from + index * step,
  );
}
