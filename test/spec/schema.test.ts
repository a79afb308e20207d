import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Problem } from "glassine";
import { isGlassineError } from "glassine";
import { beforeAll, describe, expect, it } from "vitest";
import { everything, hop, host } from "./support.ts";

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../spec/${path}`, import.meta.url), "utf8"));

const schema = read("schemas/extensions.schema.json") as object;
// The schema cannot decide `date-time`, because the zone may be left out.
const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { "date-time": true } });
let fits: ReturnType<typeof ajv.compile>;
beforeAll(() => {
  fits = ajv.compile(schema);
});

interface Verdict {
  /** The schema's objections to the document, without those from `anyOf` around optional parts. */
  readonly faults: readonly string[];
  /** The problems that decoding reports. */
  readonly problems: readonly Problem[];
}

function judge(document: unknown): Verdict {
  const faults = fits(document)
    ? []
    : (fits.errors ?? []).flatMap(({ keyword, instancePath, params, schemaPath }) =>
        keyword === "anyOf" || schemaPath.endsWith("/anyOf/1/type")
          ? []
          : [`${keyword} ${params.missingProperty ?? instancePath}`],
      );
  try {
    host.decodeExtensions(JSON.stringify(document));
    return { faults, problems: [] };
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    return { faults, problems: error.data.problems ?? [] };
  }
}

const security = (part: object) => ({ security: part });
const chain = (part: object) => ({ delegation: { chain: [{ ...hop("a"), ...part }] } });
const many = (count: number) => Array.from({ length: count }, (_, at) => [`h${at}`, "v"]);

/** What decoding accepts although it is never written that way. */
const alsoRead: readonly (readonly [string, object, RegExp])[] = [
  ["a set with repeats", security({ labels: ["a", "a"] }), /^uniqueItems /],
];

/** Rules that no JSON Schema can express, or that this one does not. */
const unsaid: readonly (readonly [string, object, (problem: Problem) => boolean])[] = [
  [
    "the grammar of labels",
    security({ labels: [" padded"] }),
    ({ code }) => code === "label_invalid",
  ],
  [
    "valid Unicode",
    { request: { request_id: "\ud800" } },
    ({ code }) => code === "snapshot_string" || code === "snapshot_key",
  ],
  [
    "instants",
    chain({ timestamp: "yesterday" }),
    ({ expected }) => expected === "an RFC 3339 date-time",
  ],
  [
    "two names of one field",
    security({ subject: { ...everything.security.subject, subject_type: "agent" } }),
    ({ expected }) => expected === 'one "type"',
  ],
  [
    "limits on the whole",
    { http: { headers: Object.fromEntries(many(129)) } },
    ({ code }) => code === "snapshot_limit",
  ],
];

describe("the schema", () => {
  it("accepts an encoded envelope with everything", () => {
    const { extensions } = host.decodeExtensions(everything);
    expect(judge(JSON.parse(host.encodeExtensions(extensions)))).toEqual({
      faults: [],
      problems: [],
    });
  });

  it.each(alsoRead)("does not accept %s, which decoding does", (_name, document, fault) => {
    const { faults, problems } = judge(document);
    expect(problems).toEqual([]);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.every((each) => fault.test(each))).toBe(true);
  });

  it.each(unsaid)("does not check %s", (_name, document, isExpected) => {
    const { faults, problems } = judge(document);
    expect(faults).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.every(isExpected)).toBe(true);
  });

  it("agrees with decoding over the vectors", () => {
    const documents = ["filter", "merge"].flatMap((op) => {
      const { cases } = read(`vectors/${op}.json`) as { cases: Record<string, unknown>[] };
      return cases.flatMap(({ name, extensions, original }) =>
        [extensions, original]
          .filter((document) => document !== undefined && document !== null)
          .map((document) => ({ name, document })),
      );
    });
    const unexplained = documents.filter(({ document }) => {
      const { faults, problems } = judge(document);
      if ((faults.length === 0) === (problems.length === 0)) return false;
      const known = faults.every((fault) => alsoRead.some(([, , form]) => form.test(fault)));
      return (
        !known ||
        !problems.every((problem) => unsaid.some(([, , isExpected]) => isExpected(problem)))
      );
    });
    expect(unexplained.map(({ name }) => name)).toEqual([]);
    const refused = documents.filter(({ document }) => judge(document).problems.length > 0);
    expect([documents.length > 500, refused.length > 30]).toEqual([true, true]);
  });
});
