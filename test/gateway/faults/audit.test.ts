/** A strict audit trail that cannot be written: what the gateway still accepts. */
import { createPluginManager, definePlugin } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore, stdioBefore } from "../attacks/support.ts";
import { callOf, sessionOf } from "../run/support/caller.ts";

const looks = definePlugin({
  name: "looks",
  version: "1.0.0",
  hooks: { "cmf.tool_pre_invoke": (_message) => undefined },
});

/** A disk that fills up, and later has room again. */
function disk() {
  const records: AuditEvent[] = [];
  const lost: string[] = [];
  const state = { isFull: false };
  const sink = (event: AuditEvent) => {
    if (state.isFull) {
      lost.push(event.eventType);
      throw new Error("The disk is full.");
    }
    records.push(event);
  };
  const more = {
    logger: { warn: () => {}, error: () => {} },
    audit: { sink, strict: true },
    records: { access: "all", hooks: true, strict: true },
  } as const;
  return { records, lost, state, more };
}

it("takes no request while the records of those before are lost", async () => {
  const { records, lost, state, more } = disk();
  const admin = { port: 0 };
  const made = await gatewayBefore(undefined, { admin }, [looks], more);
  const caller = await sessionOf(made.url, ada);
  expect((await caller.call(1)).status).toBe(200);

  state.isFull = true;
  // The call passes, since its records are written only when it is over.
  expect((await caller.call(2)).status).toBe(200);
  for (const id of [3, 4]) {
    const { status, code, headers } = await caller.call(id);
    expect([status, code, headers.get("retry-after")]).toEqual([503, "audit_failed", "5"]);
  }
  expect(await made.admin("/readyz")).toEqual({
    status: 503,
    text: '{"status":"not_ready","code":"audit_failed","generation":1}',
  });
  expect(made.server.of("tools/call").length).toBe(2);

  state.isFull = false;
  await expect.poll(async () => (await made.admin("/readyz")).status).toBe(200);
  expect((await caller.call(5)).status).toBe(200);
  const reported = records.filter(({ eventType }) => eventType === "gateway.records_lost");
  // What was lost is not the reports of it, which were refused as well.
  const real = lost.filter((type) => type !== "gateway.records_lost");
  expect(real.length).toBeGreaterThanOrEqual(2);
  expect(lost.length).toBeGreaterThan(real.length);
  expect(reported).toMatchObject([{ outcome: "failure", metadata: { lost: real.length } }]);
  const { text } = await made.admin("/metrics");
  expect(text).toContain(`audit_failures_total ${real.length}\n`);
});

it("tries to report the loss once a second, not for each request that it refuses", async () => {
  const { lost, state, more } = disk();
  const made = await gatewayBefore(undefined, {}, [looks], more);
  const caller = await sessionOf(made.url, ada);
  state.isFull = true;
  await caller.call(0);
  const began = performance.now();
  for (let id = 1; id <= 50; id += 1) expect((await caller.call(id)).code).toBe("audit_failed");
  const seconds = Math.ceil((performance.now() - began) / 1000);
  const tried = lost.filter((type) => type === "gateway.records_lost");
  expect(tried.length).toBeGreaterThanOrEqual(1);
  expect(tried.length).toBeLessThanOrEqual(seconds);
});

it.each([false, true])(
  "reports what was lost once over a reload, with tracing %s",
  async (tracing) => {
    const { records, state, more } = disk();
    const config = { admin: { port: 0 }, tracing };
    const made = await gatewayBefore(undefined, config, [looks], more);
    const caller = await sessionOf(made.url, ada);
    state.isFull = true;
    await caller.call(1);
    expect((await caller.call(2)).code).toBe("audit_failed");
    state.isFull = false;
    const ready = async () => (await made.admin("/readyz")).status;
    await expect.poll(ready).toBe(200);
    await made.gateway.reload(made.parts);
    expect(await ready()).toBe(200);
    expect((await caller.call(3)).status).toBe(200);
    const reported = records.filter(({ eventType }) => eventType === "gateway.records_lost");
    expect(reported).toHaveLength(1);

    // Records that are lost later count, too.
    const failures = async () =>
      Number(/audit_failures_total (\d+)/.exec((await made.admin("/metrics")).text)?.[1]);
    const before = await failures();
    state.isFull = true;
    await caller.call(4);
    expect(await ready()).toBe(503);
    expect(await failures()).toBeGreaterThan(before);
  },
);

it("takes none after a reload that brings another manager, until the loss is recorded", async () => {
  const full = disk();
  const made = await gatewayBefore(undefined, {}, [looks], full.more);
  const caller = await sessionOf(made.url, ada);
  full.state.isFull = true;
  await caller.call(1);
  expect((await caller.call(2)).code).toBe("audit_failed");

  const reloadWith = async ({ more: { audit, logger } }: ReturnType<typeof disk>) => {
    const manager = await createPluginManager({ plugins: [], audit, logger });
    afterTest(() => manager.close());
    await made.gateway.reload({ ...made.parts, manager });
  };
  await reloadWith(full);
  expect((await caller.call(3)).code).toBe("audit_failed");

  const other = disk();
  await reloadWith(other);
  expect((await caller.call(4)).code).toBe("audit_failed");
  await expect.poll(async () => (await caller.call(5)).status).toBe(200);
  const reported = other.records.filter(({ eventType }) => eventType === "gateway.records_lost");
  expect(reported).toMatchObject([{ metadata: { lost: expect.any(Number) } }]);
  expect(reported[0]?.metadata.lost).toBeGreaterThanOrEqual(2);
});

it("takes none over stdio either", async () => {
  const { state, more } = disk();
  const made = await stdioBefore(undefined, {}, [looks], more);
  state.isFull = true;
  made.send(callOf(1));
  await expect.poll(() => made.said.length).toBe(1);
  made.send(callOf(2));
  await expect.poll(() => made.said.length).toBe(2);
  expect(made.said).toMatchObject([
    { id: 1, result: {} },
    { id: 2, error: { data: { code: "audit_failed" } } },
  ]);
  state.isFull = false;
  await expect
    .poll(async () => {
      made.send(callOf(made.said.length + 1));
      return made.said.at(-1);
    })
    .toMatchObject({ result: {} });
});

it("goes on without a strict trail", async () => {
  const { state, more } = disk();
  const records = { ...more.records, strict: false };
  const made = await gatewayBefore(undefined, {}, [looks], { ...more, records });
  const caller = await sessionOf(made.url, ada);
  state.isFull = true;
  for (const id of [1, 2, 3]) expect((await caller.call(id)).status).toBe(200);
});
