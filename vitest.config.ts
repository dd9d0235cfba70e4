import { defineConfig } from 'vitest/config';

/** The whole core in virtual time: they only need the processor. */
const VIRTUAL = [
  'test/crash/*power-cut*.test.ts',
  'test/crash/cpms-hour.test.ts',
  'test/integration/conformance.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'virtual',
          include: ['test/{unit,property,model}/**/*.test.ts', ...VIRTUAL],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // Real sockets, disks and processes, with bounds in real time: one file after the other.
          name: 'real time',
          include: ['test/{contract,integration,crash}/**/*.test.ts'],
          exclude: VIRTUAL,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
