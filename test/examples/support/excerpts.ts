/** Excerpts from the output of examples, as pages show them. */
import { expect } from "vitest";
import { readPages } from "../../docs/support/pages.ts";

interface Excerpt {
  /** Page and line: `docs/start.md:12`. */
  readonly at: string;
  /** A line with only `…` stands for omitted output. */
  readonly text: string;
}

/** Returns the excerpts that begin with `$ COMMAND`. */
export function excerptsOf(command: string): readonly Excerpt[] {
  return readPages().flatMap(({ path, fences }) =>
    fences
      .filter(({ info, text }) => info === "console" && text.startsWith(`$ ${command}\n`))
      .map(({ line, text }) => ({
        at: `${path}:${line}`,
        text: text.replace(`$ ${command}\n`, ""),
      })),
  );
}

export function expectPrinted(output: string, { text }: Excerpt): void {
  const parts = `\n${text}\n`.split(/(?<=\n)…(?=\n)/);
  let from = 0;
  for (const part of parts.filter((each) => each.trim() !== "")) {
    const at = `\n${output}`.indexOf(part, from);
    expect(at, `not printed there: ${part}`).toBeGreaterThanOrEqual(0);
    from = at + part.length;
  }
}
