/** The secrets of a request, which no log line or record may contain. */
import { describe, expect, it } from "vitest";
import { secretsOf } from "../../../src/core/hooks/dispatch/report.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";
import { createExtensions } from "../../../src/index.ts";

const slots = compileSlots(standardSlots);

/** The secrets of a run with these headers, and with the strings that its host named. */
const secrets = (headers: Readonly<Record<string, string>>, named?: readonly string[]) =>
  secretsOf({
    options: { secrets: named },
    extensions: createExtensions({ request: { request_id: "r" }, http: { headers } }),
    runtime: { slots },
  } as never);

describe("the secrets of a run", () => {
  it("are the values of sensitive headers, whole and without the scheme before the last word", () => {
    expect(secrets({ Authorization: "Bearer hunter2" })).toEqual(["Bearer hunter2", "hunter2"]);
    expect(secrets({ Cookie: "session=hunter2" })).toEqual(["session=hunter2", "hunter2"]);
    expect(secrets({ "X-Api-Key": "hunter2" })).toEqual(["hunter2", "hunter2"]);
  });

  it("include no other header, and no empty value", () => {
    expect(secrets({ Accept: "text/plain", "X-Request-Id": "request-0042" })).toEqual([]);
    expect(secrets({ Cookie: "" })).toEqual([]);
  });

  it("include no last word that is short or missing", () => {
    expect(secrets({ Cookie: "a=abc" })).toEqual(["a=abc"]);
    expect(secrets({ Cookie: "a=abcd" })).toEqual(["a=abcd", "abcd"]);
    expect(secrets({ Cookie: "session=;" })).toEqual(["session=;"]);
  });

  it("start with those named by the host", () => {
    expect(secrets({ Cookie: "session=;" }, ["a", "b"])).toEqual(["a", "b", "session=;"]);
    expect(secrets({}, [])).toEqual([]);
  });
});
