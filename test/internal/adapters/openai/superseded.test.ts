/** What a stream of Responses reports of first forms. */
import { expect, it } from "vitest";
import { GlassineError } from "../../../../src/core/errors/index.ts";
import { superseded } from "../../../../src/providers/openai/superseded.ts";
import { verifies } from "../../../support/verifies.ts";

it("a first form that is not readable is reported as a whole, and no fault is hidden", () => {
  verifies("openai:stream-unknown");
  const reportedIf = (error: Error) => {
    const paths: string[] = [];
    const leftOf = (document: object) => {
      if (JSON.stringify(document).includes("SECRET")) throw error;
      return [];
    };
    superseded(leftOf, (path) => paths.push(path))("part", { a: "SECRET" }, {}, ["events", 0]);
    return paths;
  };
  expect(reportedIf(new GlassineError("document_invalid", "?"))).toEqual(["events[0]"]);
  expect(() => reportedIf(new RangeError("deep"))).toThrow(RangeError);
});
