/** Retained payloads, metadata and details. */
import vm from "node:vm";
import { deny } from "glassine";
import { freezePayload } from "glassine/messages";
import { expect, it } from "vitest";
import {
  call,
  hook,
  labelsOf,
  later,
  manage,
  plugin,
  type Run,
  runOnce,
  type ToolCall,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const given = () => ({ name: "add", args: { list: [1, { deep: 2 }], map: { a: null } } });

/** Runs a plugin that tampers with its payload, before one that looks at it. */
async function tampering(tamper: (payload: ToolCall) => void) {
  const seen: unknown[] = [];
  const plugins = [
    plugin("tampers", (payload, _c) => tamper(payload)),
    plugin("looks", (payload, _c) => void seen.push(payload)),
  ];
  const manager = await manage(plugins);
  for (const payload of [given(), freezePayload(given())]) {
    const result = await manager.invoke(hook, payload);
    expect(result.continueProcessing).toBe(true);
    expect(result.payload).toEqual(given());
    expect(result.executions).toMatchObject([{ payloadModified: false }, {}]);
  }
  expect(seen).toEqual([given(), given()]);
}

attack(
  "A-054",
  "Change the payload that a handler received: its fields, nested maps, arrays",
  "throws a `TypeError` in strict mode and does nothing in sloppy mode; the payload is unchanged",
  () => {
    it("in strict mode", async () => {
      verifies("dispatch:payload-frozen");
      let attempts = 0;
      await tampering((payload) => {
        const loose = payload as unknown as Record<string, unknown>;
        const { list, map } = payload.args as { list: unknown[]; map: Record<string, unknown> };
        const changes = [
          () => Object.assign(loose, { name: "forged" }),
          () => Object.assign(loose, { extra: "forged" }),
          () => Reflect.deleteProperty(loose, "name") || fail(),
          () => Object.assign(payload.args, { list: [] }),
          () => Object.assign(map, { a: 1 }),
          () => list.push("forged"),
          () => list.sort(),
          () => Object.assign(list, { length: 0 }),
          () => Object.assign(list[1] as object, { deep: 3 }),
          () => Object.defineProperty(loose, "name", { value: "forged" }),
          () => Object.setPrototypeOf(loose, {}),
        ];
        for (const change of changes) {
          expect(change).toThrow(TypeError);
          attempts += 1;
        }
      });
      expect(attempts).toBe(22);
    });

    it("in sloppy mode", () =>
      tampering(
        vm.runInThisContext(`(function (payload) {
          payload.name = "forged";
          payload.extra = "forged";
          delete payload.args;
          payload.args.map.a = 1;
          payload.args.list.length = 0;
          payload.args.list[1].deep = 3;
          payload.args.list[9] = 1;
        })`) as (payload: ToolCall) => void,
      ));
  },
);

function fail(): never {
  throw new TypeError("It was not deleted.");
}

attack(
  "A-055",
  "Write into bytes that a host puts into a payload",
  "a payload with bytes is refused with `payload_invalid`; bytes disguised as a record are copied",
  () => {
    it.each([
      ["a buffer", () => Buffer.from("ab")],
      ["bytes", () => new Uint8Array([97, 98])],
      ["an array buffer", () => new ArrayBuffer(2)],
    ])("%s", async (_what, make) => {
      let ran = 0;
      const manager = await manage([plugin("writes", (_p, _c) => void ran++)]);
      const run = manager.invoke(hook, { name: "add", args: { bytes: make() } } as never);
      await expect(run).rejects.toMatchObject({
        code: "payload_invalid",
        data: { problems: [{ path: ["args", "bytes"], code: "snapshot_prototype" }] },
      });
      expect(ran).toBe(0);
    });

    it("bytes with a record's prototype", async () => {
      const bytes = Object.setPrototypeOf(new Uint8Array([97, 98]), Object.prototype) as object;
      const writes: Run = (payload, _c) => {
        Reflect.set(payload.args.bytes as object, 0, 0);
      };
      const manager = await manage([plugin("writes", writes)]);
      const { payload } = await manager.invoke(hook, { name: "add", args: { bytes } } as never);
      expect((payload as ToolCall).args.bytes).toEqual({ 0: 97, 1: 98 });
      expect({ ...bytes }).toEqual({ 0: 97, 1: 98 });
      Reflect.set(bytes, 1, 0);
      expect((payload as ToolCall).args.bytes).toEqual({ 0: 97, 1: 98 });
    });
  },
);

attack(
  "A-056",
  "The host keeps what it passed in and changes it during the run",
  "no effect: payload, extensions and facts are copied and frozen once at the start",
  () => {
    it("payload, extensions, facts and configuration", async () => {
      verifies("dispatch:payload-frozen");
      const payload = { name: "add", args: { list: [1] as unknown[] } };
      const raw = { security: { labels: ["PII"] }, custom: { list: [1] as unknown[] } };
      const operation = { note: ["kept"] as unknown[] };
      const config = { note: ["kept"] as unknown[] };
      const seen: unknown[] = [];
      const looks: Run = (shown, context, view) => {
        seen.push(shown, context.operation, context.config, view.security.labels, view.custom);
      };
      const manager = await manage([
        plugin("waits", (_p, _c) => later(3)),
        { plugin: plugin("looks", looks), config },
      ]);
      const running = manager.invoke(hook, payload as never, {
        extensions: raw as never,
        operation,
      });
      payload.name = "spoilt";
      payload.args.list.push("spoilt");
      raw.security.labels.length = 0;
      raw.custom.list.push("spoilt");
      operation.note.push("spoilt");
      config.note.push("spoilt");
      const result = await running;
      const kept = { note: ["kept"] };
      expect(seen).toEqual([
        { name: "add", args: { list: [1] } },
        kept,
        kept,
        ["PII"],
        { list: [1] },
      ]);
      expect(result.payload).toEqual({ name: "add", args: { list: [1] } });
      expect(labelsOf(result)).toEqual(["PII"]);
    });
  },
);

attack(
  "A-057",
  "Return the received payload itself as the modified one",
  "treated as no change; the payload stays the same object",
  () => {
    it.each(["sequential", "transform", "audit", "concurrent", "fire_and_forget"] as const)(
      "in mode %s",
      async (mode) => {
        for (const run of [
          (payload: ToolCall) => ({ modifiedPayload: payload }),
          async (payload: ToolCall) => ({ modifiedPayload: payload }),
          (payload: ToolCall) => ({ modifiedPayload: { ...payload } }),
        ]) {
          const returns: Run = (payload, _c) => run(payload);
          const result = await runOnce([plugin("returns", returns, { mode })]);
          expect(result.payload).toBe(call);
          expect(result.rejections).toEqual([]);
          if (mode === "fire_and_forget") continue;
          expect(result.executions).toMatchObject([{ payloadModified: false, applied: false }]);
        }
      },
    );
  },
);

attack(
  "A-058",
  "Change metadata or the details of a denial after returning them",
  "no effect on the result",
  () => {
    it("the details of a denial", async () => {
      const details = { list: [1] as unknown[], note: "kept" };
      const denies: Run = (_p, _c) => {
        const denial = deny({ code: "no", reason: "no", details });
        details.list.push("spoilt");
        details.note = "spoilt";
        return denial;
      };
      const { violation } = await runOnce([plugin("denies", denies)]);
      details.note = "spoilt again";
      expect(violation?.details).toEqual({ list: [1], note: "kept" });
      expect(Object.isFrozen(violation?.details?.list)).toBe(true);
    });

    it("metadata, during the run and after it", async () => {
      const metadata = { list: [1] as unknown[], deep: { note: "kept" } };
      const spoil = () => {
        metadata.list.push("spoilt");
        metadata.deep.note = "spoilt";
      };
      const result = await runOnce([
        plugin("returns", (_p, _c) => ({ metadata })),
        plugin("spoils", (_p, _c) => spoil()),
      ]);
      spoil();
      expect(result.metadata).toEqual({ returns: { list: [1], deep: { note: "kept" } } });
    });
  },
);
