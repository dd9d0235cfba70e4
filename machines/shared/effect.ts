/**
 * Declares an effect of a statechart: an action with a name and typed params that does nothing itself.
 * The actor host records it by name (runtime/host/step.ts), and the actor's binding carries it out.
 */
export function effect<P = undefined>() {
  return (_: unknown, _params: P): void => {};
}
