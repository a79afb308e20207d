/** Waits for a promise that nobody else does, so that its rejection is no surprise. */
export async function ignore(pending: PromiseLike<unknown>): Promise<void> {
  try {
    await pending;
  } catch {
    // There is nobody to tell.
  }
}
