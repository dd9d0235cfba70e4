import { expect, test } from 'vitest';
import { KEPT_PER_ADDRESS_MAX, SurePost } from '../../../../adapters/ocpp/sure-post.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { FakeHost, HandClock } from './helpers.ts';

function aSurePost() {
  const clock = new HandClock();
  const host = new FakeHost();
  const surePost = new SurePost({ clock, log: silentLog, post: host.post });
  const say = (n: number, to: `${string}/${string}` = 'charger/A'): void =>
    surePost.post({ type: `n${n}`, from: 'south/A', to, data: null });
  return { clock, host, surePost, say };
}

test('a refused notice is posted again, in order, until it is taken', () => {
  const { clock, host, surePost, say } = aSurePost();
  host.refusing = 'MAILBOX_FULL';
  say(1);
  host.refusing = null;
  say(2);
  expect(host.taken).toEqual([]);
  expect(surePost.hasKept('charger/A')).toBe(true);
  say(3, 'charger/B');
  expect(host.taken.map((taken) => taken.type)).toEqual(['n3']);
  clock.advance(250);
  expect(host.taken.map((taken) => taken.type)).toEqual(['n3', 'n1', 'n2']);
  expect(surePost.hasKept('charger/A')).toBe(false);
  expect(clock.armed).toBe(0);
});

test('notices for an address that is no more are not kept', () => {
  const { clock, host, say } = aSurePost();
  host.refusing = 'UNKNOWN_ADDRESS';
  say(1);
  expect(clock.armed).toBe(0);
});

test('what is kept is bounded', () => {
  const { clock, host, say } = aSurePost();
  host.refusing = 'STORE_FAILING';
  for (let n = 0; n < KEPT_PER_ADDRESS_MAX + 10; n += 1) say(n);
  host.refusing = null;
  clock.advance(250);
  expect(host.taken).toHaveLength(KEPT_PER_ADDRESS_MAX);
});
