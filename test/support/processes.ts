/**
 * Which test files share a process. Loading the sources takes longer than most tests do, so files
 * share one unless they say that they cannot, in a line `// A process of its own: it patches the
 * realm.` before their imports. Laws share with laws: they have a clock of their own.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { testFiles } from "./test-files.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const mark = /^\/\/ A process of its own: .+\.$/m;

const apart = testFiles().filter((path) =>
  mark.test(readFileSync(root + path, "utf8").split("\nimport ", 1)[0] ?? ""),
);

const laws = testFiles().filter((path) => path.startsWith("test/laws/"));

/** Names and files of the projects of vitest, in the order in which they run. */
export const processes = [
  { name: "alone", isolate: true, include: apart, exclude: [] },
  { name: "test", isolate: false, include: ["test/**/*.test.ts"], exclude: [...apart, ...laws] },
  { name: "laws", isolate: false, include: ["test/laws/**/*.test.ts"], exclude: apart },
];

const order = processes.map(({ name }) => name);

/** A process goes on only while the next file may share it, so those that may stand together. */
export class ByProcess extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const at = ({ project }: TestSpecification) => order.indexOf(project.name);
    return [...sorted].sort((a, b) => at(a) - at(b));
  }
}
