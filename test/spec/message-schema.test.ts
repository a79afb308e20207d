/** The JSON Schemas of messages agree with decoding, except for known gaps. */
import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { decodeMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { messageDocuments } from "../../property-tests/support/messages.ts";

const read = (path: string) =>
  JSON.parse(readFileSync(new URL(`../../spec/${path}`, import.meta.url), "utf8"));
const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const root = "https://glassine.example";
ajv.addSchema({ ...read("schemas/message.schema.json"), $id: `${root}/message.schema.json` });
const isMessage = ajv.getSchema(`${root}/message.schema.json`)!;
const kinds = readdirSync(new URL("../../spec/schemas/parts", import.meta.url)).map((file) =>
  file.replace(".schema.json", ""),
);
const isPart = Object.fromEntries(
  kinds.map((kind) => {
    const schema = read(`schemas/parts/${kind}.schema.json`);
    return [kind, ajv.compile({ ...schema, $id: `${root}/parts/${kind}.schema.json` })];
  }),
);

const decodes = (document: unknown) => {
  try {
    decodeMessage(document);
    return true;
  } catch {
    return false;
  }
};

interface Vector {
  readonly name: string;
  readonly message: { readonly content?: readonly { readonly content_type: string }[] };
}
const vectors: readonly Vector[] = read("vectors/message.json").cases;

/** What the schema accepts and decoding refuses. */
const unsaid: Readonly<Record<string, string>> = {
  resource_content_and_blob: "one of content and blob",
  resource_empty_content_and_empty_blob: "one of content and blob",
  resource_ref_range_reversed: "a range that ends before it starts",
  text_lone_surrogate: "valid Unicode",
  nested_prompt_results_20_deep: "a limit on depth",
};

describe("spec/schemas/message.schema.json", () => {
  it("accepts exactly the vectors that decode, except for known gaps", () => {
    const apart = vectors.filter(({ message }) => isMessage(message) !== decodes(message));
    const known = apart.filter(({ name }) => Object.hasOwn(unsaid, name));
    expect(apart.map(({ name }) => name).filter((name) => !/^random_/.test(name))).toEqual(
      known.map(({ name }) => name),
    );
    expect(known.map(({ name }) => name).sort()).toEqual(Object.keys(unsaid).sort());
    for (const { message } of apart) expect(isMessage(message) && !decodes(message)).toBe(true);
  });

  it("accepts every generated message, and so do the schemas of its parts", () => {
    fc.assert(
      fc.property(messageDocuments, (document) => {
        expect(isMessage(document)).toBe(true);
        for (const part of (document.content ?? []) as { content_type: string }[]) {
          expect(isPart[part.content_type]?.(part)).toBe(true);
        }
      }),
    );
  });

  it.each(kinds)("has its own schema for %s, which accepts no other part", (kind) => {
    const parts = vectors.flatMap(({ message }) =>
      decodes(message) ? (message.content ?? []) : [],
    );
    const fitting = parts.filter((part) => isPart[kind]?.(part));
    expect(fitting).toEqual(parts.filter(({ content_type }) => content_type === kind));
    expect(fitting.length).toBeGreaterThan(0);
  });
});
