import { chargerSetup } from './charger.setup.ts';

/** Region `outage` of the charger's chart: what it does while its CPMS is away. */
export const outageRegion = chargerSetup.createStateConfig({
  description: 'Does the charger stay here while the CPMS is away (hold), or see that it is (mirror-close)?',
  initial: 'letIn',
  on: {
    'charger.configured': { guard: 'holdsThroughOutages', target: '.letIn' },
  },
  states: {
    letIn: {
      description: 'Its socket is taken: the CPMS is there, or this charger is to stay here without it.',
      on: {
        'backend.changed': { guard: 'mirrorsThisLoss', target: 'debouncing' },
        'charger.configured': {
          guard: 'mirrorsOutages',
          target: 'debouncing',
          description: 'A process begins without its CPMS.',
        },
      },
    },
    debouncing: {
      description: 'The CPMS has just gone: a short gap closes nobody out.',
      on: {
        'backend.changed': { guard: 'isBackendBack', target: 'letIn' },
      },
      after: { mirrorClose: { target: 'closedOut', actions: 'closeOut' } },
    },
    closedOut: {
      description:
        'Its socket is closed and no other is taken, so that it does what it would do without this site.',
      on: {
        'backend.changed': { guard: 'isBackendBack', target: 'letIn', actions: 'announceLetIn' },
        'socket.opened': {
          actions: 'closeOut',
          description: 'It was on its way in when it was closed out.',
        },
      },
    },
  },
});
