/** Headers: copies, amounts, and characters outside Latin-1. */
import {
  createExtensions,
  createPluginManager,
  deny,
  filterExtensions,
  mergeExtensions,
} from "glassine";
import type { AuditEvent } from "glassine/audit";
import { expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { type Capability, call, hook, plugin, runOnce } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

const capabilities: readonly Capability[] = ["write_headers"];

attack(
  "A-130",
  "Copy a secret into another header or into `custom`",
  "possible only for a plugin that may read it; logs and records mask the value wherever it occurs",
  () => {
    const headers = { authorization: "Bearer secret" };
    const extensions = createExtensions({ http: { headers } });
    const copying = (capabilities: readonly Capability[]) =>
      runOnce(
        [
          plugin(
            "copies",
            (_p, _c, view) => {
              const secret = view.http?.headers?.authorization ?? "nothing";
              return { modifiedExtensions: { custom: { secret } } };
            },
            { capabilities },
          ),
        ],
        { extensions },
      );

    it.each([
      [["read_headers"], "Bearer secret"],
      [["read_labels", "read_claims", "append_delegation"], "nothing"],
    ] as const)("with %j", async (capabilities, secret) => {
      const result = await copying(capabilities);
      expect(result.extensions.custom).toEqual({ secret });
    });

    it("in errors, denials and labels of a plugin", async () => {
      verifies("audit:redacted-request");
      const events: unknown[] = [];
      const copies = (
        _p: unknown,
        _c: unknown,
        view: { http?: { headers?: { authorization?: string } } },
      ) => deny(`no entry with ${view.http?.headers?.authorization?.slice(7)}`);
      const manager = await createPluginManager({
        plugins: [plugin("copies", copies as never, { capabilities: ["read_headers"] })],
        audit: { sink: (event) => events.push(event) },
      });
      const extensions = createExtensions({
        http: { headers: { authorization: "Bearer s3cr3t-t0ken" } },
      });
      await manager.invoke(hook, call, { extensions });
      await manager.close();
      expect(JSON.stringify(events)).toContain("no entry with [REDACTED]");
      expect(JSON.stringify(events)).not.toContain("s3cr3t");
    });

    it("is not in the record of a declassification that quotes it", async () => {
      verifies("audit:redacted-request");
      const events: AuditEvent[] = [];
      const manager = await createPluginManager({
        plugins: [],
        audit: { sink: (event) => void events.push(event) },
      });
      const extensions = createExtensions({
        http: { request_headers: { cookie: "s3cr3t-c00kie" } },
        security: { labels: ["PII"] },
      });
      const reason = "asked for with s3cr3t-c00kie";
      await manager.declassify(extensions, { labels: ["PII"], reason, authority: "ada" });
      expect(events.at(-1)?.metadata.reason).toBe("asked for with [REDACTED]");
    });
  },
);

attack(
  "A-131",
  "Return a hundred thousand headers, or one of 1 MiB",
  "refused with `snapshot_limit`; headers hidden from the view are kept and do not count",
  () => {
    const few = createExtensions({ http: { headers: { a: "1" } } });
    const numbered = (count: number, of = "x") =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${of}${i}`, "1"]));

    it.each([
      ["a hundred thousand", numbered(100_000)],
      ["129", numbered(129)],
      ["one of 1 MiB", { x: "x".repeat(2 ** 20) }],
      ["one of 8 Ki and one", { x: "x".repeat(8193) }],
      ["a name of 129", { ["x".repeat(129)]: "1" }],
    ])("%s", async (_, headers) => {
      for (const map of ["headers", "request_headers", "response_headers"]) {
        const returned = { http: { [map]: headers } };
        await expectRefused(
          { extensions: few, returned, capabilities },
          "snapshot_limit",
          `http.${map}`,
        );
      }
    });

    it("what is at the limits is accepted", () => {
      const most = { ...numbered(127), ["x".repeat(128)]: "x".repeat(8192) };
      const merged = mergeExtensions(few, { http: { headers: most } }, capabilities);
      expect(merged.extensions.http?.headers).toEqual(most);
    });

    it("a hundred, with a hundred hidden ones: a refusal would reveal them", () => {
      verifies("merge:limits");
      const view = filterExtensions(few, ["write_headers"]);
      const now = createExtensions({ http: { headers: { a: "1", ...numbered(100, "y") } } });
      const returned = { http: { headers: { a: "1", ...numbered(100) } } };
      const merged = mergeExtensions(now, returned, capabilities, { view });
      expect(merged.extensions.http?.headers).toEqual({ ...now.http?.headers, ...numbered(100) });
      const next = filterExtensions(merged.extensions, ["write_headers"]);
      const more = { http: { headers: { ...next.http?.headers, more: "1" } } };
      expect(codeOf(() => mergeExtensions(merged.extensions, more, capabilities))).toBe(
        "snapshot_limit",
      );
    });
  },
);

attack("A-132", "Write a value outside Latin-1", "refused with `header_invalid`", () => {
  it.each([
    ["the first character beyond it", "\u0100"],
    ["a character whose low byte is a line feed", "\u010a"],
    ["a character beyond the first plane", "\u{1f512}"],
    ["a line feed in full disguise", "a\u560d\u560ab"],
  ])("%s", (_, value) =>
    expectRefused(
      {
        extensions: createExtensions({}),
        returned: { http: { headers: { x: value } } },
        capabilities: ["write_headers"],
      },
      "header_invalid",
      "http.headers",
    ),
  );

  it("its last character is accepted, and an existing one returned unchanged stays", async () => {
    const odd = createExtensions({ http: { headers: { x: "\u0100" } } });
    await expectIgnored(
      { extensions: odd, returned: { http: { headers: { x: "\u0100" } } }, capabilities },
      [],
    );
    const merged = mergeExtensions(odd, { http: { headers: { x: "\u00ff" } } }, capabilities);
    expect(merged.extensions.http?.headers).toEqual({ x: "\u00ff" });
  });
});
