/** What the process says when it ends; scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  configInvalid: 3,
  /** The controller does not answer at its address. */
  cannotReach: 4,
  notFound: 5,
  notAllowed: 7,
  timedOut: 8,
  interrupted: 130,
} as const;
