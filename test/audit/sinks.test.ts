/** The JSON Lines sink, and the OpenTelemetry sink with the real SDK. */
import type { Logger } from "@opentelemetry/api-logs";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import { jsonLines, openTelemetrySink } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { eventOf, managerTo, record, recordOf } from "./support.ts";

describe("JSON Lines", () => {
  it("have the fields in their order and the keys of the metadata sorted", () => {
    verifies("audit:json-line");
    const one = { ...record, metadata: { b: 1, a: { d: [{ z: 1, y: 2 }], c: null } } };
    const { metadata: _, ...rest } = record;
    const other = { metadata: { a: { c: null, d: [{ y: 2, z: 1 }] }, b: 1 }, ...rest };
    expect(jsonLines(one)).toBe(
      '{"eventType":"billing.invoice_sent","actorUri":"system:billing","targetUri":"invoice:7",' +
        '"tenantId":"default","timestamp":"2026-01-31T12:00:00.000Z","outcome":"success",' +
        '"metadata":{"a":{"c":null,"d":[{"y":2,"z":1}]},"b":1}}',
    );
    expect(jsonLines(other)).toBe(jsonLines(one));
  });

  it("are one line that parses to the same record", async () => {
    const emitted = await recordOf(
      eventOf({ metadata: { text: 'a\nb "c" \\ \u2028', list: [1.5, "ä"] } }),
    );
    const line = jsonLines(emitted);
    expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
    expect(JSON.parse(line)).toEqual(emitted);
  });
});

describe("OpenTelemetry", () => {
  const set = () => {
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      processors: [new SimpleLogRecordProcessor({ exporter })],
    });
    return { exporter, logger: provider.getLogger("gateway") };
  };

  it("receives each event as a log record of its own SDK", async () => {
    verifies("audit:open-telemetry");
    const { exporter, logger } = set();
    const { manager } = await managerTo(openTelemetrySink(logger));
    const metadata = {
      plugin_name: "aaa",
      labels: ["a", "b"],
      count: 3,
      safe: true,
      none: null,
      empty: [],
      signing: { trust_decision: "trusted_publisher", deep: { er: 1 } },
      mixed: [{ a: 1 }, null],
    };
    expect(await manager.audit(eventOf({ metadata, tenantId: "acme" }))).toBe(true);
    expect(await manager.audit(eventOf({ outcome: "failure", eventType: "a.b" }))).toBe(true);
    const [first, second] = exporter.getFinishedLogRecords();
    expect(first).toMatchObject({
      eventName: "billing.invoice_sent",
      body: "billing.invoice_sent",
      severityNumber: 9,
      severityText: "INFO",
      instrumentationScope: { name: "gateway" },
      droppedAttributesCount: 0,
    });
    expect(first?.attributes).toEqual({
      "glassine.audit.actor_uri": "system:billing",
      "glassine.audit.target_uri": "invoice:7",
      "glassine.audit.tenant_id": "acme",
      "glassine.audit.outcome": "success",
      "glassine.audit.metadata.plugin_name": "aaa",
      "glassine.audit.metadata.labels": ["a", "b"],
      "glassine.audit.metadata.count": 3,
      "glassine.audit.metadata.safe": true,
      "glassine.audit.metadata.empty": [],
      "glassine.audit.metadata.signing.trust_decision": "trusted_publisher",
      "glassine.audit.metadata.signing.deep.er": 1,
      "glassine.audit.metadata.mixed": '[{"a":1},null]',
    });
    expect(second).toMatchObject({ eventName: "a.b", severityNumber: 13, severityText: "WARN" });
  });

  it("receives the time of the record", () => {
    const { exporter, logger } = set();
    openTelemetrySink(logger)(record);
    const [seconds = 0, nanoseconds] = exporter.getFinishedLogRecords()[0]?.hrTime ?? [];
    expect([seconds * 1000, nanoseconds]).toEqual([Date.parse(record.timestamp), 0]);
  });

  it("has attributes under the host's prefix, and lists of its own", () => {
    const { exporter, logger } = set();
    openTelemetrySink(logger, { prefix: "gw" })(record);
    const attributes = exporter.getFinishedLogRecords()[0]?.attributes ?? {};
    expect(Object.keys(attributes)).toEqual([
      "gw.actor_uri",
      "gw.target_uri",
      "gw.tenant_id",
      "gw.outcome",
      "gw.metadata.invoice",
      "gw.metadata.lines",
    ]);
    expect(attributes["gw.metadata.lines"]).not.toBe(record.metadata.lines);
  });

  it("that fails is a failure of the sink", async () => {
    const logger: Pick<Logger, "emit"> = {
      emit: () => {
        throw new Error("shut down");
      },
    };
    const { manager } = await managerTo(openTelemetrySink(logger));
    expect(await manager.audit(eventOf())).toBe(false);
  });

  it.each<[unknown, unknown, string]>([
    [undefined, {}, "openTelemetrySink expects a logger with emit"],
    [{}, {}, "openTelemetrySink expects a logger with emit"],
    [{ emit: () => {} }, { prefx: "a" }, 'openTelemetrySink has no option "prefx"'],
    [{ emit: () => {} }, { prefix: "" }, "prefix must be a string that is not empty"],
    [{ emit: () => {} }, { prefix: 5 }, 'The option "prefix" expects a string'],
  ])("is refused as %o with %o", (logger, options, message) => {
    expect(() => openTelemetrySink(logger as never, options as never)).toThrow(message);
  });
});
