/** Gives each run a folder for temporary files, and removes it with all that tests leave there. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { TestProject } from "vitest/node";

export function setup(project: TestProject): (() => void) | undefined {
  if (!project.isRootProject()) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "glassine-tests-"));
  // Some tests give up the rights of their user, and must still reach what they have there.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
