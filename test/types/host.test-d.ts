/** The types of a host: names, options, `invoke`, and slots and hooks of its own. */
import {
  type AnyInvokeResult,
  addLabels,
  amend,
  appendHop,
  createExtensions,
  createPluginManager,
  type Denial,
  definePlugin,
  deny,
  type ExecutionRecord,
  type Extensions,
  filterExtensions,
  type InvokeOptions,
  type InvokeResult,
  type Json,
  type Manager,
  type ManagerOptions,
  type Plugin,
  type PluginItem,
  type PluginManager,
  type PluginManifest,
  removeHeader,
  setHeader,
  type View,
  type Violation,
} from "glassine";
import { defineHook, defineHost } from "glassine/host";
import type { Message } from "glassine/messages";
import { decodeTask, type Task } from "glassine/remote";
import { expectTypeOf, it } from "vitest";
import * as z from "zod";

const identity = { name: "plugin", version: "1.0.0" } as const;
declare const plugin: Plugin;
declare const manager: Manager;
declare const message: Message;

it("refuses names that do not exist", () => {
  // @ts-expect-error: misspelt; it is read_labels.
  definePlugin({ ...identity, capabilities: ["read_label"], hooks: {} });
  // @ts-expect-error: misspelt; it is tool_pre_invoke.
  definePlugin({ ...identity, hooks: { tool_preinvoke() {} } });
  // @ts-expect-error: misspelt; it is capabilities.
  definePlugin({ ...identity, capabilites: ["read_labels"], hooks: {} });
  // @ts-expect-error: a plugin has a name.
  definePlugin({ version: "1.0.0", hooks: {} });
  // @ts-expect-error: there is no such mode.
  definePlugin({ ...identity, hooks: { evaluate: { handler() {}, mode: "parallel" } } });
  // @ts-expect-error: there is no such policy.
  definePlugin({ ...identity, hooks: { evaluate: { handler() {}, onError: "retry" } } });
  // @ts-expect-error: misspelt; it is timeoutMs.
  definePlugin({ ...identity, hooks: { evaluate: { handler() {}, timeout: 3 } } });
  // @ts-expect-error: conditions know tools, not tool.
  definePlugin({ ...identity, hooks: { evaluate: { handler() {}, conditions: { tool: ["x"] } } } });
  // @ts-expect-error: one handler a hook, no list.
  definePlugin({ ...identity, hooks: { evaluate: [() => {}] } });
});

it("lets a draft write what may be written", () => {
  definePlugin({
    ...identity,
    capabilities: ["append_labels", "read_headers"],
    hooks: {
      evaluate(_message, _context, extensions) {
        return {
          modifiedExtensions: amend(extensions, (draft) => {
            draft.security.labels.push("PII");
            draft.custom.note = "seen";
            // @ts-expect-error: labels only grow.
            draft.security.labels.pop();
            // @ts-expect-error: labels are not replaced.
            draft.security.labels = [];
            // @ts-expect-error: read_headers does not write.
            draft.http.headers["X-A"] = "1";
            // @ts-expect-error: immutable.
            draft.security.classification = "open";
            // @ts-expect-error: immutable.
            draft.request = {};
          }),
        };
      },
    },
  });
  definePlugin({
    ...identity,
    hooks: {
      evaluate(_message, _context, extensions) {
        const next = amend(extensions, (draft) => {
          draft.custom.note = "seen";
          // @ts-expect-error: a plugin without capabilities has no labels to add to.
          draft.security.labels.push("PII");
          // @ts-expect-error: nor a slot that never changes.
          draft.meta = {};
        });
        return { modifiedExtensions: next };
      },
    },
  });
});

it("lets helpers edit what the grant writes, and the host's own envelope", () => {
  const envelope = createExtensions({});
  expectTypeOf(addLabels(envelope, "PII")).toEqualTypeOf<Extensions>();
  expectTypeOf(setHeader(envelope, "X-A", "1")).toEqualTypeOf<Extensions>();
  expectTypeOf(removeHeader(envelope, "X-A")).toEqualTypeOf<Extensions>();
  const hop = { subject_id: "ada", subject_type: "user" };
  expectTypeOf(appendHop(envelope, hop)).toEqualTypeOf<Extensions>();
  const view = filterExtensions(envelope, ["append_labels"]);
  expectTypeOf(addLabels(view, "PII")).toEqualTypeOf<View<"append_labels">>();
  // @ts-expect-error: write_headers is not granted.
  setHeader(view, "X-A", "1");
  // @ts-expect-error: append_delegation is not granted.
  appendHop(view, hop);
  // @ts-expect-error: nothing is granted.
  addLabels(filterExtensions(envelope, []), "PII");
});

it("knows the options of a manager", async () => {
  const made = await createPluginManager({
    plugins: [
      plugin,
      {
        plugin,
        mode: "audit",
        priority: 5,
        onError: "disable",
        timeoutMs: null,
        conditions: { tools: ["get_*"] },
        grant: ["read_labels"],
        config: { depth: 3 },
      },
    ],
    timeoutMs: 1000,
    strict: true,
    timings: true,
    payloadHeaders: "keep",
    payloadPolicy: { tool_pre_invoke: ["args"] },
    limits: { labels: 10 },
  });
  expectTypeOf(made).toEqualTypeOf<Manager>();
  // @ts-expect-error: misspelt; it is plugins.
  createPluginManager({ plugin: [] });
  // @ts-expect-error: headers are moved or kept.
  createPluginManager({ plugins: [], payloadHeaders: "drop" });
  // @ts-expect-error: no hook has that name.
  createPluginManager({ plugins: [], payloadPolicy: { tool_invoke: [] } });
  // @ts-expect-error: no limit has that name.
  createPluginManager({ plugins: [], limits: { label: 1 } });
  // @ts-expect-error: a grant names capabilities.
  createPluginManager({ plugins: [{ plugin, grant: ["labels"] }] });
  const reader = definePlugin({ ...identity, capabilities: ["append_labels", "read_roles"] });
  const none = definePlugin(identity);
  createPluginManager({
    plugins: [
      none,
      { plugin: reader, grant: [] },
      // A capability that append_labels implies can be granted, too.
      { plugin: reader, grant: ["read_labels", "append_labels"] },
      // The bare type does not say what a plugin declares; that is checked when it registers.
      { plugin: reader as Plugin, grant: ["read_headers"] },
    ],
  });
  // @ts-expect-error: an undefined grant is refused.
  createPluginManager({ plugins: [{ plugin: reader, grant: undefined }] });
  // @ts-expect-error: read_headers is not declared.
  createPluginManager({ plugins: [{ plugin: reader, grant: ["read_headers"] }] });
  createPluginManager({
    // @ts-expect-error: read_roles is declared by the other one.
    plugins: [reader, { plugin: none, grant: ["read_roles"] }],
  });
  // @ts-expect-error: the operator narrows capabilities with grant.
  createPluginManager({ plugins: [{ plugin: reader, capabilities: [] }] });
  // @ts-expect-error: a manifest is not a plugin; definePlugin makes one.
  createPluginManager({ plugins: [{ ...identity, hooks: {} }] });
  // @ts-expect-error: nothing registers later.
  made.register;
});

it("types payloads and results by the hook", async () => {
  const tool = await manager.invoke("tool_pre_invoke", { name: "add" });
  expectTypeOf(tool.payload.name).toEqualTypeOf<string>();
  expectTypeOf(tool.payload.args).toEqualTypeOf<{ readonly [key: string]: Json }>();
  expectTypeOf(tool.extensions).toEqualTypeOf<Extensions>();
  expectTypeOf(tool.continueProcessing).toEqualTypeOf<boolean>();
  expectTypeOf(tool.violation).toEqualTypeOf<Violation | undefined>();
  expectTypeOf(tool.executions).toEqualTypeOf<readonly ExecutionRecord[]>();
  const point = await manager.invoke("cmf.tool_pre_invoke", message, { context: tool.context });
  expectTypeOf(point).toEqualTypeOf<InvokeResult<Message, Extensions>>();
  const again = await manager.invoke("tool_pre_invoke", tool.payload);
  expectTypeOf(again).toEqualTypeOf<typeof tool>();
  const role = await manager.invoke("evaluate", { role: "user" });
  expectTypeOf(role.payload).toEqualTypeOf<Message>();
  // @ts-expect-error: no hook has that name.
  manager.invoke("tool_invoke", { name: "add" });
  // @ts-expect-error: a tool has a name.
  manager.invoke("tool_pre_invoke", { args: {} });
  // @ts-expect-error: the payload of another hook.
  manager.invoke("resource_pre_fetch", { name: "add" });
  // @ts-expect-error: misspelt; it is extensions.
  manager.invoke("tool_pre_invoke", { name: "add" }, { extension: {} });
  // As createExtensions takes them.
  const extensions = { security: { labels: ["EU"] }, agent: null };
  manager.invoke("tool_pre_invoke", { name: "add" }, { extensions });
  // @ts-expect-error: labels are a list.
  manager.invoke("evaluate", { role: "user" }, { extensions: { security: { labels: "EU" } } });
  // @ts-expect-error: no hook has that name.
  manager.handles("tool_invoke");
  expectTypeOf(deny("no")).toEqualTypeOf<Denial>();
});

it("names the standard host's types without type arguments", async () => {
  const item: PluginItem = { plugin: definePlugin({ ...identity, hooks: {} }), grant: [] };
  const options: ManagerOptions = { plugins: [item] };
  const made: PluginManager = await createPluginManager(options);
  expectTypeOf(made).toEqualTypeOf<Manager>();
  const given: InvokeOptions = { extensions: { security: { labels: ["EU"] } } };
  const result: InvokeResult = await made.invoke("tool_pre_invoke", { name: "add" }, given);
  expectTypeOf(result.extensions).toEqualTypeOf<Extensions>();
  expectTypeOf(decodeTask("")).toEqualTypeOf<Task>();
  const manifest: PluginManifest = { ...identity, hooks: { evaluate: () => deny("no") } };
  expectTypeOf(definePlugin(manifest)).toEqualTypeOf<Plugin<never>>();
  // @ts-expect-error: this plugin has no capabilities.
  const other: PluginManifest = { ...identity, capabilities: ["read_labels"] };
  expectTypeOf(other).toEqualTypeOf<PluginManifest>();
});

it("has a violation exactly if the run does not go on", async () => {
  const result = await manager.invoke("evaluate", { role: "user" });
  const { continueProcessing, violation } = result;
  if (result.continueProcessing) expectTypeOf(result.violation).toEqualTypeOf<undefined>();
  else expectTypeOf(result.violation).toEqualTypeOf<Violation>();
  if (!continueProcessing) expectTypeOf(violation).toEqualTypeOf<Violation>();
  if (result.violation !== undefined)
    expectTypeOf(result.continueProcessing).toEqualTypeOf<false>();
  expectTypeOf(result).toExtend<AnyInvokeResult>();
});

it("has no null for a value of a filter chain, also where the schema takes it", async () => {
  const title = defineHost({
    hooks: {
      title: {
        semantic: "filter_chain",
        description: "The title of an order.",
        payload: z.string().nullable(),
      },
    },
  });
  title.definePlugin({
    ...identity,
    hooks: {
      title(value) {
        expectTypeOf(value).toEqualTypeOf<string>();
        return value;
      },
    },
  });
  title.definePlugin({
    ...identity,
    hooks: {
      // @ts-expect-error: null is not a value.
      title: (value) => (value === "" ? null : value),
    },
  });
  const titles = await title.createPluginManager({ plugins: [] });
  expectTypeOf(await titles.invoke("title", "a")).toEqualTypeOf<string>();
});

const host = defineHost({
  slots: {
    billing: {
      tier: "immutable",
      read: "read_billing",
      description: "Who pays.",
      schema: z.object({ account: z.string(), cents: z.number().default(0) }),
    },
    notes: {
      tier: "mutable",
      read: "read_notes",
      write: "write_notes",
      description: "What plugins noted.",
      schema: z.object({ text: z.string().default(""), author: z.string().optional() }),
    },
    trail: {
      tier: "monotonic",
      read: "read_trail",
      write: "append_trail",
      grows: "stops",
      description: "Where it went.",
      schema: z.object({ stops: z.array(z.object({ at: z.string() })).default([]) }),
    },
  },
  hooks: {
    invoice_paid: defineHook({
      semantic: "message",
      description: "An invoice is about to be paid.",
      payload: z.object({ invoice: z.string(), cents: z.number().default(0) }),
      writable: ["cents"],
    }),
  },
});

it("knows the names of a host's own", () => {
  expectTypeOf(host.slotNames.billing).toEqualTypeOf<"billing">();
  expectTypeOf(host.slotNames.security).toEqualTypeOf<"security">();
  expectTypeOf(host.capabilities.append_trail).toEqualTypeOf<"append_trail">();
  expectTypeOf(host.hookNames.invoice_paid).toEqualTypeOf<"invoice_paid">();
  // @ts-expect-error: no slot has that name.
  host.slotNames.invoice;
  // @ts-expect-error: no capability has that name.
  host.capabilities.write_billing;
  // @ts-expect-error: the standard host does not know it.
  definePlugin({ ...identity, capabilities: ["read_billing"], hooks: {} });
});

it("types the envelope and the views of a host's own slots", () => {
  const extensions = host.createExtensions({
    billing: { account: "acme" },
    trail: { stops: [{ at: "a" }] },
    security: { labels: ["PII"] },
  });
  expectTypeOf(extensions.billing?.cents).toEqualTypeOf<number | undefined>();
  expectTypeOf(extensions.trail?.stops).toEqualTypeOf<
    readonly { readonly at: string }[] | undefined
  >();
  // @ts-expect-error: an account is a string.
  host.createExtensions({ billing: { account: 3 } });
  const view = host.filterExtensions(extensions, ["read_billing", "append_trail"]);
  expectTypeOf(view.billing?.account).toEqualTypeOf<string | undefined>();
  // @ts-expect-error: read_notes is not granted.
  view.notes;
  // @ts-expect-error: no capability has that name.
  host.filterExtensions(extensions, ["read_invoice"]);
  const amended = host.amend(view, (draft) => {
    draft.trail.stops.push({ at: "b" });
    // @ts-expect-error: a trail only grows.
    draft.trail.stops = [];
    // @ts-expect-error: billing never changes.
    draft.billing.account = "other";
  });
  expectTypeOf(amended).toEqualTypeOf<typeof view>();
  const merged = host.mergeExtensions(extensions, amended, ["append_trail"]);
  expectTypeOf(merged.extensions).toEqualTypeOf<typeof extensions>();
  expectTypeOf(host.decodeExtensions("{}").extensions).toEqualTypeOf<typeof extensions>();
});

it("requires the facts of the operation that a hook needs", async () => {
  const vote = { semantic: "voting", description: "A vote.", payload: z.object({}) } as const;
  const asking = defineHost({
    hooks: {
      free: vote,
      asked: { ...vote, operation: z.object({ depth: z.number().default(1) }) },
      happened: { ...vote, operation: z.object({ account: z.string() }) },
    },
  });
  const { invoke } = await asking.createPluginManager({ plugins: [] });
  invoke("free", {});
  invoke("free", {}, { operation: { any: "fact" } });
  invoke("asked", {});
  invoke("asked", {}, { operation: { depth: 2 } });
  invoke("happened", {}, { operation: { account: "acme" } });
  // @ts-expect-error: no options.
  invoke("happened", {});
  // @ts-expect-error: none at all.
  invoke("happened", {}, undefined);
  // @ts-expect-error: options without the operation.
  invoke("happened", {}, { request: "req-1" });
  // @ts-expect-error: an operation without the account.
  invoke("happened", {}, { operation: {} });
  // @ts-expect-error: a misspelt one.
  invoke("happened", {}, { operation: { acount: "acme" } });
  // @ts-expect-error: no option has that name.
  invoke("free", {}, { extension: {} });
  invoke("evaluate", { role: "user" }, undefined);
});

it("types the plugins and the manager of a host", async () => {
  const own = host.definePlugin({
    ...identity,
    capabilities: ["write_notes"],
    hooks: {
      invoice_paid(payload, _context, extensions) {
        expectTypeOf(payload).toEqualTypeOf<{ readonly invoice: string; readonly cents: number }>();
        expectTypeOf(extensions.notes?.text).toEqualTypeOf<string | undefined>();
        // @ts-expect-error: read_billing is not granted.
        extensions.billing;
        return {
          modifiedPayload: { ...payload, cents: 1 },
          modifiedExtensions: host.amend(extensions, (draft) => {
            draft.notes.text = "paid";
          }),
        };
      },
    },
  });
  const { invoke } = await host.createPluginManager({ plugins: [own] });
  const result = await invoke("invoice_paid", { invoice: "i-1" });
  expectTypeOf(result.payload.cents).toEqualTypeOf<number>();
  expectTypeOf(result.extensions.notes?.author).toEqualTypeOf<string | undefined>();
  // @ts-expect-error: the standard host's manager has no such hook.
  manager.invoke("invoice_paid", { invoice: "i-1" });
});
