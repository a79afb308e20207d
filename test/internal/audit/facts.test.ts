/** What redacting a request's or host's secrets removes from a record, and what it leaves. */
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { auditEvent, factKindsOf, needlesOf } from "../../../src/core/observe/index.ts";
import { eventOf } from "../../audit/support.ts";
import { verifies } from "../../support/verifies.ts";
import { keeping, trailTo } from "./trails.ts";

it("secrets of a request are redacted only in that record, except in its identity fields", () => {
  const { trail, records } = keeping({ secrets: ["always"] });
  const event = eventOf({ targetUri: "always once", metadata: { note: "always once" } });
  trail.emit(event, { secrets: needlesOf(["once"]) });
  trail.emit(event);
  expect(records.map(({ targetUri, metadata }) => [targetUri, metadata.note])).toEqual([
    ["[REDACTED] once", "[REDACTED] [REDACTED]"],
    ["[REDACTED] once", "[REDACTED] once"],
  ]);
});

it("the log has neither secrets of the request nor those of the host", async () => {
  const { trail, log } = trailTo(
    () => {
      throw new Error("refused for raw-credential");
    },
    { secrets: ["hunter2"] },
  );
  await trail.emit(eventOf({ metadata: { note: "raw-credential" } }), {
    secrets: needlesOf(["raw-credential"]),
  });
  expect(log).toHaveLength(1);
  expect(log[0]).not.toContain("raw-credential");
});

describe("an event of this library", () => {
  const denied = {
    plugin_name: "egress-guard",
    hook: "evaluate",
    handler_name: "egress-guard.evaluate",
    request: "q-egress-guard",
    code: "denied",
    reason: "egress-guard says no to evaluate",
    tool: null,
    subject_id: "ada",
  };
  const redactedIn = (secrets: readonly string[], named: readonly string[] = []) => {
    const { trail, records } = keeping({ secrets: named });
    const event = auditEvent("plugin.handler_denied", denied, { tenantId: "acme" });
    trail.emit(event, { secrets: needlesOf(secrets), kinds: factKindsOf(event) });
    return records[0] as AuditEvent;
  };

  it("keeps its facts, whatever a request declares secret; its free texts do not contain it", () => {
    verifies("audit:facts");
    const record = redactedIn(["egress-guard", "evaluate", "acme"]);
    expect(record).toMatchObject({
      actorUri: "plugin:egress-guard",
      targetUri: "hook:evaluate",
      tenantId: "acme",
      metadata: { ...denied, reason: "[REDACTED] says no to [REDACTED]" },
    });
  });

  it.each([
    ["mcp.request_ended", { name: "send", server_id: "mail", code: "no mail" }],
    ["model.request_ended", { name: "send", provider: "mail", code: "no mail" }],
    [
      "gateway.hook_ran",
      { labels: ["send"], handlers: [{ plugin: "mail", refused: [{ path: "send" }] }] },
    ],
  ])("keeps the facts of %s, whatever plugins are configured with", (eventType, metadata) => {
    verifies("audit:facts");
    const { trail, records } = keeping();
    trail.emit(eventOf({ eventType, metadata }), { secrets: needlesOf(["send", "mail"]) });
    const code = "code" in metadata ? { code: "no [REDACTED]" } : {};
    expect(records[0]?.metadata).toEqual({ ...metadata, ...code });
  });

  it("keeps words of closed lists even if the host declares them secret", () => {
    const { trail, records } = keeping({ secrets: ["manual", "duplicate", "egress-guard"] });
    const event = auditEvent("plugin.registration_failed", {
      plugin_name: "egress-guard",
      discovery_source: { type: "manual" },
      reason: "duplicate",
      validation_failure: "duplicate manual",
    });
    trail.emit(event, { kinds: factKindsOf(event) });
    expect(records[0]?.metadata).toEqual({
      plugin_name: "[REDACTED]",
      discovery_source: { type: "manual" },
      reason: "duplicate",
      validation_failure: "[REDACTED] [REDACTED]",
    });
  });
});
