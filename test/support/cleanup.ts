/**
 * Cleanup after a test or after its file. Test files that share a process share the modules that
 * they import, so a hook that a support file registers would run only for the first of them; the
 * setup registers these for each.
 */
type Undo = () => unknown;

const ofTest: Undo[] = [];
const ofFile: Undo[] = [];

/** Calls `undo` after the test, the latest first. */
export function afterTest(undo: Undo): void {
  ofTest.push(undo);
}

/** Calls `undo` after the last test of the file, the latest first. */
export function afterFile(undo: Undo): void {
  ofFile.push(undo);
}

export const undoTest = () => undoAll(ofTest);
export const undoFile = () => undoAll(ofFile);

/** One that fails does not keep the rest from running. */
async function undoAll(undos: Undo[]): Promise<void> {
  const errors: unknown[] = [];
  for (const undo of undos.splice(0).reverse()) {
    try {
      await undo();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
}
