import { identityOf, isOfTransaction } from '../actors/charger/edge-facts.ts';
import { lastWordsOf, manifest } from '../actors/manifest.ts';
import type { LimitsEffect, NorthEffect, SouthEffect } from '../actors/ports.ts';
import {
  type ChargerPlace,
  configureBudget,
  configureCharger,
  configureEnvelopes,
  type SitePlan,
} from '../actors/site-tree.ts';
import {
  createNorthGateway,
  type NorthGateway,
  type NorthGatewayOptions,
} from '../adapters/ocpp-north/gateway.ts';
import {
  createSouthGateway,
  type SouthGateway,
  type SouthGatewayOptions,
} from '../adapters/ocpp-south/gateway.ts';
import { createLimitsPort } from '../adapters/ocpp-south/limits.ts';
import type { QuirkSource } from '../adapters/ocpp-south/quirk-desk.ts';
import { mappers } from '../machines/shared/mapping/mappers.ts';
import type { Incoming } from '../runtime/envelope.ts';
import type { PostOptions } from '../runtime/errors.ts';
import { ActorHost } from '../runtime/host/actor-host.ts';
import type { PortEffect } from '../runtime/host/actor-kind.ts';
import type { HostOptions } from '../runtime/host/host-options.ts';
import type { MailItem } from '../runtime/host/mail.ts';
import type { Recovered } from '../runtime/host/recovery.ts';
import { SafeStates } from './safe-states.ts';

/** The parts that differ between the product, the simulator and the benchmarks. */
export interface CoreOptions
  extends Pick<HostOptions, 'store' | 'bus' | 'clock' | 'random' | 'log' | 'rules'> {
  plan: SitePlan;
  dialer: NorthGatewayOptions['dialer'];
  backendOf: NorthGatewayOptions['backendOf'];
  /** The site file's word on what its chargers get wrong. Default: it has none, and the clocks of the site show UTC. */
  quirks?: Pick<QuirkSource, 'timeZone' | 'ownOf'>;
  southLimits?: SouthGatewayOptions['limits'];
  northLimits?: NorthGatewayOptions['limits'];
  relaxedWaitMs?: number;
  onFatal?: (why: string) => void;
  onRecovered?: (recovered: Recovered) => void;
  onStoreFault?: (error: unknown) => void;
}

/** The product without its listeners: actors, their host, and the gateways to both sides. */
export interface Core {
  readonly host: ActorHost;
  readonly south: SouthGateway;
  readonly north: NorthGateway;
  readonly safeStates: SafeStates;
  /** Recovers, and hands every actor its configuration. */
  start(): Promise<Recovered>;
  /** Takes a charger in that the site file does not name. */
  adopt(place: ChargerPlace): void;
  /** Lets what was taken reach the disk; then closes all sockets with 1001. */
  stop(): Promise<void>;
}

export function createCore(options: CoreOptions): Core {
  const { clock, random, log } = options;
  let { plan } = options;
  const post = (incoming: Incoming, how?: PostOptions) => host.post(incoming, how);
  /** Nobody says it again before the next start of the process. */
  const configure = (envelope: Incoming) => host.post(envelope, { notice: true });
  const safeStates: SafeStates = new SafeStates({
    clock,
    host: () => host,
    plan: () => plan,
    ports: {
      south: (effect) => south.perform(effect),
      north: (effect) => north.perform(effect),
      limits: (effect) => limits.perform(effect),
    },
  });
  const south = createSouthGateway({
    clock,
    random,
    log,
    post,
    mappers,
    quirks: {
      timeZone: options.quirks?.timeZone ?? 'UTC',
      ownOf: (charger) => options.quirks?.ownOf(charger) ?? [],
      identityOf: (charger) => identityOf(host, charger),
      isOfTransaction: (charger, connector, id) => isOfTransaction(host, charger, connector, id),
    },
    ...(options.southLimits ? { limits: options.southLimits } : {}),
  });
  const north = createNorthGateway({
    clock,
    random,
    log,
    post,
    mappers,
    dialer: safeStates.dialer(options.dialer),
    backendOf: options.backendOf,
    chargerIsWaiting: (charger) => south.hasOpenCall(charger),
    ...(options.northLimits ? { limits: options.northLimits } : {}),
  });
  const limits = createLimitsPort({ clock, log, post, south });
  const host = new ActorHost({
    ...options,
    kinds: manifest.map(({ kind }) => kind),
    ports: {
      south: (effect) => south.perform(dataOf<SouthEffect>(effect)),
      north: (effect) => north.perform(dataOf<NorthEffect>(effect)),
      limits: (effect) => {
        const allowed = safeStates.limit(dataOf<LimitsEffect>(effect), effect.cut === true);
        if (allowed) limits.perform(allowed);
      },
    },
    onParked: (item) => answerParked(item, south, north),
    lastWords: lastWordsOf,
    onQuarantine: (address) => safeStates.carryOut(address),
  });

  return {
    host,
    south,
    north,
    safeStates,
    async start() {
      const recovered = await host.start();
      for (const envelope of configureEnvelopes(plan)) configure(envelope);
      return recovered;
    },
    adopt(place) {
      plan = { ...plan, chargers: [...plan.chargers, place] };
      if (plan.electrical) configure(configureBudget(plan));
      for (const envelope of configureCharger(plan, place)) configure(envelope);
    },
    async stop() {
      await host.stop();
      south.close();
      north.close();
      limits.close();
    },
  };
}

/** Bindings put the port's own data, its type included, into the effect. */
function dataOf<T>(effect: PortEffect): T {
  return { ...effect.data, type: effect.type } as T;
}

/** Whoever waits for an answer to an envelope that was parked gets InternalError. */
function answerParked(item: MailItem, south: SouthGateway, north: NorthGateway): void {
  const { type, charger, data } = item.envelope;
  if (charger === undefined) return;
  const { socketId, messageId } = data as { socketId: string; messageId: string };
  const error = {
    code: 'InternalError',
    description: 'the message was set aside after a failure',
    details: {},
  };
  if (type === 'south.called') south.perform({ type: 'answer', charger, socketId, messageId, error });
  if (type === 'north.called') north.perform({ type: 'answer', charger, socketId, messageId, error });
}
