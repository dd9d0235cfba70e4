import type { ConnectorContext, ConnectorInput, ReportedStatus } from './connector.messages.ts';

export function initialContext({ charger, connector }: ConnectorInput): ConnectorContext {
  return { charger, connector, status: '', errorCode: '', info: '', reportedAt: null, session: null };
}

export function isSameStatus(context: ConnectorContext, reported: ReportedStatus): boolean {
  return context.reportedAt !== null && context.status === reported.status;
}

/** What is kept of a report; reports may come late, so an older one does not make what is known look fresh. */
export function withReport(context: ConnectorContext, reported: ReportedStatus, at: number) {
  return { ...reported, reportedAt: Math.max(context.reportedAt ?? at, at) };
}
