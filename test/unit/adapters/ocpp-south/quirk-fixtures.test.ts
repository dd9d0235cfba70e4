import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SouthCalled } from '../../../../actors/ports.ts';
import { encodeCall } from '../../../../adapters/ocpp/frame.ts';
import { createSouthGateway } from '../../../../adapters/ocpp-south/gateway.ts';
import type { ChargerIdentity } from '../../../../machines/shared/quirks/identity.ts';
import { type OwnQuirks, packsFor } from '../../../../machines/shared/quirks/packs.ts';
import { REPAIR_NAMES, type RepairName } from '../../../../machines/shared/quirks/repairs.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { countingRandom, dataOf, FakeHost, FakeSocket, HandClock } from '../ocpp/helpers.ts';

/** One repair: a frame that it is for, and one that it must leave alone. Frames are whole, as they stand on the wire. */
interface Fixture {
  repair: RepairName;
  seen: string;
  version: '1.6' | '2.0.1';
  /** Null: only the site file names it. */
  pack: string | null;
  charger: ChargerIdentity | null;
  timeZone: string;
  /** Ids of transactions that the charger has. */
  transactions: number[];
  came: string;
  /** What becomes of it where nothing is repaired. */
  today: 'refused' | 'taken';
  repaired: string;
  untouched: string;
  untouchedIs: 'refused' | 'taken';
  why: string;
}

const FOLDER = new URL('../../../fixtures/quirks/', import.meta.url);
const PAGE = readFileSync(new URL('../../../../docs/quirks.md', import.meta.url), 'utf8');
const FIXTURES = readdirSync(FOLDER).map((file) => {
  const fixture = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Fixture;
  return { file, ...fixture };
});

/** A socket of that charger at the real gateway; `say` gives what its actor was told, or the refusal. */
function connected(fixture: Fixture, own: OwnQuirks) {
  const host = new FakeHost();
  const socket = new FakeSocket();
  const gateway = createSouthGateway({
    clock: new HandClock(),
    random: countingRandom(),
    log: silentLog,
    post: host.post,
    mappers: fakeMappers,
    quirks: {
      timeZone: fixture.timeZone,
      ownOf: () => own,
      identityOf: () => fixture.charger,
      isOfTransaction: (_charger, _connector, id) => fixture.transactions.includes(id),
    },
  });
  gateway.attach('A', socket, {
    subprotocol: `ocpp${fixture.version}`,
    remote: '10.0.0.7',
    subprotocolMissing: false,
    isSecure: false,
    clientKey: null,
  });
  const say = (frame: string): { called?: SouthCalled; refusal?: unknown[] } => {
    socket.say(frame);
    const [called] = host.ofType('south.called');
    if (called) return { called: dataOf(called) as unknown as SouthCalled };
    return { refusal: socket.messages[0] ?? [] };
  };
  return { gateway, say };
}

function payloadTextOf(frame: string): string {
  return frame.slice(frame.indexOf('{'), frame.lastIndexOf('}') + 1);
}

function expectAsItCame(
  { called, refusal }: ReturnType<ReturnType<typeof connected>['say']>,
  frame: string,
  outcome: 'refused' | 'taken',
): void {
  if (outcome === 'refused') {
    expect(called).toBeUndefined();
    expect(refusal?.[0]).toBe(4);
  } else {
    expect(called?.raw).toBe(payloadTextOf(frame));
    expect(called).not.toHaveProperty('repaired');
  }
}

describe.each(FIXTURES)('$file', (fixture) => {
  const { repair, pack, came, repaired, untouched } = fixture;
  const own: OwnQuirks = pack === null ? [repair] : [];

  test('what came becomes the repaired frame, and both are told', () => {
    const { gateway, say } = connected(fixture, own);
    const { called } = say(came);
    expect(called && encodeCall(called.messageId, called.action, called.raw)).toBe(repaired);
    expect(called?.repaired).toEqual({ by: [repair], asCame: payloadTextOf(came) });
    expect(gateway.quirks('A').repaired).toEqual({ [repair]: 1 });
  });

  test('is left alone by all repairs where it must be', () => {
    const { gateway, say } = connected(fixture, REPAIR_NAMES);
    expectAsItCame(say(untouched), untouched, fixture.untouchedIs);
    expect(gateway.quirks('A').repaired).toEqual({});
  });

  test('none: what came is treated as it stands', () => {
    const { gateway, say } = connected(fixture, 'none');
    expectAsItCame(say(came), came, fixture.today);
    expect(gateway.quirks('A')).toEqual({ packs: [], repairs: [], repaired: {} });
  });

  test('a repaired frame is sound: nothing more is done to it', () => {
    const { gateway, say } = connected(fixture, own);
    expectAsItCame(say(repaired), repaired, 'taken');
    expect(gateway.quirks('A').repaired).toEqual({});
  });

  test('its pack fits, and names it', () => {
    const naming = packsFor(fixture.charger).filter(({ repairs }) => repairs.includes(repair));
    expect(naming.map(({ name }) => name)).toEqual(pack === null ? [] : [pack]);
  });

  test('the page has a row with its repair, its pack and this file', () => {
    const row = PAGE.split('\n').find((line) => line.startsWith(`| \`${repair}\` `)) ?? '';
    expect(row).toContain(pack ?? 'site file');
    expect(row).toContain(`../test/fixtures/quirks/${fixture.file}`);
  });
});

test('every repair has a fixture', () => {
  expect([...new Set(FIXTURES.map(({ repair }) => repair))].sort()).toEqual([...REPAIR_NAMES].sort());
});
