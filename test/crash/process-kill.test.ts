import { expect, test } from 'vitest';
import { countPortCalls, dieAtEach, everyNth, withoutFlushWait } from '../helpers/crash-world/exhaustive.ts';

test('a kill at every seventh port call of the story breaks no promise', async () => {
  const calls = await countPortCalls();
  expect(await dieAtEach(everyNth(3, calls, 7), { how: 'kill' })).toEqual([]);
}, 900_000);

test('with the wait for the flush removed, power cuts lose what was answered, and it is noticed', async () => {
  const calls = await countPortCalls();
  const points = everyNth(Math.floor(calls * 0.3), Math.floor(calls * 0.6), 3);
  const found = await dieAtEach(points, { how: 'powerCut', wrapStore: withoutFlushWait });
  expect(found.filter((violation) => violation.includes('lost')).length).toBeGreaterThan(0);
}, 900_000);
