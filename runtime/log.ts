import type { Logger } from 'pino';

/** The part of pino that the product uses; the composition root gives each part a child of its own. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Swallows everything. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
