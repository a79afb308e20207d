/**
 * Finds what the specification requires, and which tests cite it.
 *
 * A requirement is a list item of a page in `spec/` that opens with its id in bold code and ends
 * with its source. A test cites it with `verifies("merge:grown")`. Both are found by searching the
 * files, so the gate sees every test, whichever of them run.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

interface Requirement {
  readonly id: string;
  /** Its page: `spec/merge.md`. */
  readonly page: string;
  readonly text: string;
  /** Where the rule comes from. Empty if the page does not say. */
  readonly source: string;
}

/** A place where an id is named. */
interface Citation {
  readonly id: string;
  /** `test/merge/labels.test.ts:12` */
  readonly where: string;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

const item = /^- \*\*`([^`]+)`\*\* (.*(?:\n {2,}.*)*)/gm;
/** At the end of a requirement, in italics; names in code may have underscores. */
const sourceNote = /_Source: ((?:`[^`]*`|[^_`])+)\._$/;

/** Returns the requirements of one page, in order. */
export function requirementsIn(markdown: string, page: string): readonly Requirement[] {
  return [...markdown.matchAll(item)].map(([, id = "", body = ""]) => {
    const text = body.replaceAll(/\s+/g, " ").trim();
    const source = sourceNote.exec(text)?.[1] ?? "";
    return { id, page, text: text.replace(sourceNote, "").trim(), source };
  });
}

/** Returns the requirements of every page in `spec/`. */
export function readRequirements(): readonly Requirement[] {
  return filesOf("spec", /^[a-z-]+\.md$/).flatMap(({ path, text }) => requirementsIn(text, path));
}

const call = /\bverifies\(([^)]*)\)/g;
const textLiteral = /^["']([^"']*)["']$/;

/** Returns the ids that a test file cites; `?` for a citation that is not a string literal. */
export function citationsIn(source: string, path: string): readonly Citation[] {
  const code = source.replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, blank);
  return [...code.matchAll(call)].flatMap((match) => {
    const where = `${path}:${lineAt(source, match.index)}`;
    const parts = (match[1] ?? "").split(",").map((part) => part.trim());
    return parts
      .filter((part) => part !== "")
      .map((part) => ({ id: textLiteral.exec(part)?.[1] ?? "?", where }));
  });
}

/** Returns the ids that prose or docstrings name in backticks, for instance after `@see spec`. */
export function mentionsIn(
  text: string,
  path: string,
  areas: ReadonlySet<string>,
): readonly Citation[] {
  return [...text.matchAll(/`([a-z]+):([a-z][a-z0-9-]*)`/g)].flatMap((match) => {
    const [, area = "", name = ""] = match;
    return areas.has(area)
      ? [{ id: `${area}:${name}`, where: `${path}:${lineAt(text, match.index)}` }]
      : [];
  });
}

/** Returns every citation in the tests and the laws. */
export function readCitations(): readonly Citation[] {
  return [...filesOf("test", /\.ts$/), ...filesOf("property-tests", /\.ts$/)]
    .filter(({ path }) => !path.startsWith("test/spec/requirements"))
    .filter(({ path }) => path !== "test/support/verifies.ts")
    .flatMap(({ path, text }) => citationsIn(text, path));
}

/** Returns every mention in the sources, the documentation and the specification itself. */
export function readMentions(areas: ReadonlySet<string>): readonly Citation[] {
  return [
    ...filesOf("src", /\.ts$/),
    ...filesOf("docs", /\.md$/),
    ...filesOf("spec", /\.md$/),
    ...filesOf("test/conformance", /\.ts$/),
  ].flatMap(({ path, text }) => mentionsIn(text, path, areas));
}

/** Returns the requirements that no test cites yet, each with the reason. */
export function readGaps(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(`${root}spec/gaps.json`, "utf8")) as Record<string, string>;
}

interface TextFile {
  readonly path: string;
  readonly text: string;
}

function filesOf(folder: string, name: RegExp): readonly TextFile[] {
  let entries: readonly { isFile(): boolean; name: string; parentPath: string }[];
  try {
    entries = readdirSync(root + folder, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, text: readFileSync(root + path, "utf8") }));
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
