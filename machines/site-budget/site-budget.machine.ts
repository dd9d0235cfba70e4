import { assign, cancel, enqueueActions, raise, setup } from 'xstate';
import { effect } from '../shared/effect.ts';
import { emptyLedger } from './ledger-setup.ts';
import type {
  InstallFailSafe,
  RecordDecision,
  SendLimit,
  SiteBudgetContext,
  SiteBudgetEvent,
  SiteMode,
} from './site-budget.messages.ts';
import {
  announcementOf,
  decidedWithoutRaises,
  decidedWithRaises,
  millisecondsToNextCheck,
  modeCalledFor,
  noted,
} from './site-budget.rules.ts';

/** The one timer of this machine. */
export const CHECK_TIMER = 'budget.check';

const machineSetup = setup({
  types: {
    context: {} as SiteBudgetContext,
    events: {} as SiteBudgetEvent,
    input: {} as Record<string, never>,
  },
  guards: {
    chargerIsReturning: modeCalledFor('resync'),
    chargerIsMissing: modeCalledFor('offline'),
    reserveStands: modeCalledFor('fallback'),
    everyChargerIsConfirmed: modeCalledFor('online'),
    somethingIsPending: ({ context }) => context.checkAt !== null,
  },
  actions: {
    noteFact: assign(noted),
    decideWithRaises: assign(decidedWithRaises),
    decideWithoutRaises: assign(decidedWithoutRaises),
    /** Once the mode fits the books again: eventless transitions go before raised events. */
    reconsider: raise({ type: 'budget.decide' }),
    giveOut: enqueueActions(({ context, enqueue }) => {
      for (const order of context.orders) enqueue(order);
    }),
    keepTime: enqueueActions(({ enqueue, check }) => {
      if (check('somethingIsPending')) enqueue('awaitNextCheck');
      else enqueue('awaitFactsOnly');
    }),
    awaitNextCheck: raise(({ context }) => ({ type: 'budget.checkDue', at: context.checkAt ?? 0 }), {
      id: CHECK_TIMER,
      delay: 'untilNextCheck',
    }),
    awaitFactsOnly: cancel(CHECK_TIMER),
    sendLimit: effect<SendLimit>(),
    installFailSafe: effect<InstallFailSafe>(),
    recordDecision: effect<RecordDecision>(),
    announceMode: effect<{ mode: SiteMode; chargers: string[] }>(),
  },
  delays: { untilNextCheck: millisecondsToNextCheck },
});

/**
 * The site load budget: shares one grid connection among all connectors, so that the sum of what everybody may draw
 * at worst stays within the limit, whoever is reachable.
 *
 * Every fact is put into the books first; then the mode follows the books; then `budget.decide` is taken in that mode.
 */
export const siteBudgetMachine = machineSetup.createMachine({
  id: 'siteBudget',
  description: 'Shares the grid connection; each mode says whether anybody may be given more.',
  context: { ledger: emptyLedger(), orders: [], checkAt: null },
  initial: 'resync',
  on: {
    'budget.configured': { actions: ['noteFact', 'reconsider'] },
    'budget.chargerChanged': { actions: ['noteFact', 'reconsider'] },
    'budget.demandChanged': { actions: ['noteFact', 'reconsider'] },
    'budget.measured': { actions: ['noteFact', 'reconsider'] },
    'budget.capChanged': { actions: ['noteFact', 'reconsider'] },
    'budget.limitChanged': { actions: ['noteFact', 'reconsider'] },
    'limits.answered': { actions: ['noteFact', 'reconsider'] },
    'limits.failed': { actions: ['noteFact', 'reconsider'] },
    'budget.checkDue': { actions: ['noteFact', 'reconsider'] },
  },
  states: {
    online: {
      description:
        'Every known charger is reachable and has confirmed its fail-safe and its limits. Cuts go at once, raises into room that is free at worst. [P1, P2]',
      entry: { type: 'announceMode', params: ({ context }) => announcementOf(context, 'online') },
      on: { 'budget.decide': { actions: ['decideWithRaises', 'giveOut', 'keepTime'] } },
      always: [
        { guard: 'chargerIsReturning', target: 'resync' },
        { guard: 'chargerIsMissing', target: 'offline' },
        { guard: 'reserveStands', target: 'fallback' },
      ],
    },
    offline: {
      description:
        'A charger with a running limit, or one that never confirmed a fail-safe, is away. It is counted at its worst until its lease is over; nobody is given more. [P1]',
      entry: { type: 'announceMode', params: ({ context }) => announcementOf(context, 'offline') },
      on: { 'budget.decide': { actions: ['decideWithoutRaises', 'giveOut', 'keepTime'] } },
      always: [
        { guard: 'chargerIsReturning', target: 'resync' },
        { guard: 'reserveStands', target: 'fallback' },
      ],
    },
    fallback: {
      description:
        'A charger is away and its lease is over: it draws at most what it falls back to, and that much stays reserved. The others share the rest. [P3]',
      entry: { type: 'announceMode', params: ({ context }) => announcementOf(context, 'fallback') },
      on: { 'budget.decide': { actions: ['decideWithRaises', 'giveOut', 'keepTime'] } },
      always: [
        { guard: 'chargerIsReturning', target: 'resync' },
        { guard: 'chargerIsMissing', target: 'offline' },
      ],
    },
    resync: {
      description:
        'The process has just started, or a charger is back: its fail-safe and its limits are confirmed before anybody is given more. [P7]',
      entry: { type: 'announceMode', params: ({ context }) => announcementOf(context, 'resync') },
      on: { 'budget.decide': { actions: ['decideWithoutRaises', 'giveOut', 'keepTime'] } },
      always: [
        { guard: 'everyChargerIsConfirmed', target: 'online' },
        { guard: 'chargerIsMissing', target: 'offline' },
        { guard: 'reserveStands', target: 'fallback' },
      ],
    },
  },
});
