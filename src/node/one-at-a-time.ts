const PromiseAtLoad = Promise;

/** Runs work in the order in which it is asked for, each after the one before has settled. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let before: Promise<void> | undefined;
  return async (work) => {
    const mine = before;
    let done = () => {};
    before = new PromiseAtLoad((resolve) => {
      done = resolve;
    });
    await mine;
    try {
      return await work();
    } finally {
      done();
    }
  };
}
