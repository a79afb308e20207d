/**
 * Which test files share a process, and which run in `npm test`. Loading the sources takes longer
 * than most tests do, so files share a process unless a line before their imports says that they
 * cannot: `// A process of its own: it replaces a module.` Files that patch the realm share only
 * with each other, because engines are slower after that, and have the line `// Its process is only
 * for files that patch the realm.` Laws share only with laws, because they have their own clock.
 * Slow files have a line `// Only in test:all: it starts processes.`
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { testFiles } from "./test-files.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const heads = new Map(
  testFiles().map((path) => [
    path,
    readFileSync(root + path, "utf8").split("\nimport ", 1)[0] ?? "",
  ]),
);

/** The files that have this mark before their imports. */
function marked(mark: RegExp): readonly string[] {
  return [...heads.keys()].filter((path) => mark.test(heads.get(path) ?? ""));
}

const apart = marked(/^\/\/ A process of its own: .+\.$/m);
const patching = marked(/^\/\/ Its process is only for files that patch the realm\.$/m);

/** Files that `npm test` leaves to `npm run test:all`. */
export const longFiles = marked(/^\/\/ Only in test:all: .+\.$/m);

/** The names and files of the vitest projects, in the order in which they run. */
export const processes = processesWithout([]);

/** The same for `npm test`. */
export const quickProcesses = processesWithout(longFiles);

function processesWithout(left: readonly string[]) {
  return [
    { name: "alone", isolate: true, include: [...apart], exclude: [...left] },
    { name: "patched", isolate: false, include: [...patching], exclude: [...left] },
    {
      name: "test",
      isolate: false,
      include: ["test/**/*.test.ts"],
      exclude: [...apart, ...patching, ...left],
    },
    {
      name: "laws",
      isolate: false,
      include: ["property-tests/**/*.test.ts"],
      exclude: [...apart, ...left],
    },
  ];
}

const order = processes.map(({ name }) => name);

/**
 * A process is reused only if the next file may share it, so files that may are kept together.
 * Among them, long files come first: if one began last, the run would have to wait for it.
 */
export class ByProcess extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = new Set(longFiles.map((path) => root + path));
    const at = ({ project }: TestSpecification) => order.indexOf(project.name);
    const rank = ({ moduleId }: TestSpecification) => (long.has(moduleId) ? 0 : 1);
    return [...sorted].sort((a, b) => at(a) - at(b) || rank(a) - rank(b));
  }
}
