import { expect, test } from 'vitest';
import { countPortCalls, dieAtEach, everyNth } from '../helpers/crash-world/exhaustive.ts';

test('a power cut at every odd port call of the story breaks no promise', async () => {
  const calls = await countPortCalls();
  expect(calls).toBeGreaterThan(700);
  expect(await dieAtEach(everyNth(1, calls, 2), { how: 'powerCut' })).toEqual([]);
}, 900_000);
