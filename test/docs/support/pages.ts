import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Markdown, readMarkdown } from "./markdown.ts";

/** The root of the repository, with a trailing slash. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface Page extends Markdown {
  /** Relative to the root: `docs/start.md`. */
  readonly path: string;
  readonly text: string;
}

export function readPage(path: string): Page {
  const text = readFileSync(root + path, "utf8");
  return { path, text, ...readMarkdown(text) };
}

/** Reads the pages for users: the README and everything in docs/. */
export function readPages(): readonly Page[] {
  const docs = readdirSync(`${root}docs`).filter((name) => name.endsWith(".md"));
  return ["README.md", ...docs.sort().map((name) => `docs/${name}`)].map(readPage);
}

/** Reads the pages for contributors. */
export function readContributorPages(): readonly Page[] {
  const names = ["CODE_OF_CONDUCT", "CONTRIBUTING", "SECURITY"];
  return ["ARCHITECTURE.md", ...names.map((name) => `.github/${name}.md`)].map(readPage);
}

/** Returns the docstrings of the sources as pages, on the same lines as in the sources. */
export function readDocstrings(): readonly Page[] {
  const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" });
  const sources = files
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".generated.ts"))
    .map((name) => `src/${name}`);
  return sources.sort().flatMap((path) => {
    const text = docstringsIn(readFileSync(root + path, "utf8"));
    return text.includes("@example") ? [{ path, text, ...readMarkdown(text) }] : [];
  });
}

/** Blanks out everything but the text of doc comments; the line numbers stay the same. */
function docstringsIn(source: string): string {
  let inside = false;
  const lines = source.split("\n").map((line) => {
    const trimmed = line.trimStart();
    if (trimmed.startsWith("/**")) inside = !trimmed.includes("*/");
    else if (inside && trimmed.startsWith("*/")) inside = false;
    else if (inside) return trimmed.replace(/^\* ?/, "");
    return "";
  });
  return lines.join("\n");
}
