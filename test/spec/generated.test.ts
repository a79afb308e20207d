import { readFileSync } from "node:fs";
import { errorCodes } from "glassine";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../tools/scripts/generated-files.ts";
import { printJson } from "../../tools/scripts/print-json.ts";

const files = await generatedFiles();
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("generated files", () => {
  it.each(files)("$path is current, or else run npm run generate", ({ path, text }) => {
    expect(read(path)).toBe(text);
  });

  it("have a heading for each error code, and no others", () => {
    const headings = [...read("docs/errors.md").matchAll(/^### (.+)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(Object.keys(errorCodes));
  });
});

describe("printed JSON", () => {
  it("keeps lists of scalars on one line where they fit", () => {
    const wide = Array.from({ length: 30 }, (_, at) => `item ${at}`);
    expect(printJson({ a: [1, "b", null], c: {}, d: [], e: [{ f: 1 }] })).toBe(
      '{\n  "a": [1, "b", null],\n  "c": {},\n  "d": [],\n  "e": [\n    {\n      "f": 1\n    }\n  ]\n}\n',
    );
    expect(printJson(wide).split("\n")).toHaveLength(33);
    expect(JSON.parse(printJson({ wide }))).toEqual({ wide });
  });
});
