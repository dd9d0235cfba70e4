interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: ReadonlyArray<{ status: string; assertionResults: ReadonlyArray<{ status: string }> }>;
}

export function testCounts(report: Report): { passed: number; failed: number; skipped: number };
