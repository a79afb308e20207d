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

export async function undoTest(): Promise<void> {
  for (const undo of ofTest.splice(0).reverse()) await undo();
}

export async function undoFile(): Promise<void> {
  for (const undo of ofFile.splice(0).reverse()) await undo();
}
