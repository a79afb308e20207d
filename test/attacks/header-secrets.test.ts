// A process of its own: the warning is emitted once per process.
/** Headers: their secrets. */
import process from "node:process";
import { inspect } from "node:util";
import {
  amend,
  createExtensions,
  createPluginManager,
  declassify,
  decodeExtensions,
  definePlugin,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  setHeader,
} from "glassine";
import { createMessage } from "glassine/messages";
import { expect, it } from "vitest";
import {
  type Capability,
  deferred,
  hook,
  manage,
  type PluginContext,
  plugin,
  type Result,
  rest,
  runOnce,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";

const canary = "c4n4ry";
const sensitive = ["authorization", "Cookie", "SET-COOKIE", "X-Api-Key", "Proxy-Authorization"];
const headers = Object.fromEntries(sensitive.map((name) => [name, `Bearer ${canary}`]));
const extensions = createExtensions({
  http: { headers, request_headers: headers, response_headers: headers },
  security: {
    labels: ["PII"],
    subject: { id: "u", type: "user", claims: { token: canary } },
    client: { client_id: "c", claims: { token: canary } },
  },
});
const payload = { name: "add", args: { token: canary } };
const full: readonly Capability[] = [
  "write_headers",
  "append_labels",
  "read_claims",
  "read_client",
];

/** Everything that printing a value can show. */
function printed(value: unknown): string {
  const all = { showHidden: true, depth: Number.POSITIVE_INFINITY, getters: true, showProxy: true };
  const error =
    value instanceof Error ? [value.stack, value.message, inspect(value.cause, all)] : [];
  return [inspect(value, all), inspect(value), String(JSON.stringify(value)), ...error].join("\n");
}

/** The side outputs of a run: everything except payload and extensions. */
const sidesOf = ({ payload: _p, extensions: _e, ...sides }: Result) => sides;

async function thrownBy(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("Expected the call to be refused, but it returned.");
}

attack(
  "A-129",
  "Read sensitive headers or claims from printed contexts, managers, plugins, errors, records, the log or the audit trail",
  "none of them contains the values; only `encodeExtensions` writes them",
  () => {
    it("contexts, while their handler runs, while it waits, and afterwards", async () => {
      const texts: string[] = [];
      const contexts: PluginContext[] = [];
      const gate = deferred();
      const looks = (name: string, mode?: "concurrent" | "fire_and_forget") =>
        plugin(
          name,
          async (_p, context, _view) => {
            context.signal.addEventListener("abort", () => {});
            context.state.set("seen", 1);
            contexts.push(context);
            texts.push(printed(context));
            await gate.promise;
          },
          { capabilities: full, ...(mode === undefined ? {} : { mode }) },
        );
      const manager = await manage([
        looks("waits"),
        looks("beside", "concurrent"),
        looks("behind", "fire_and_forget"),
      ]);
      const running = manager.invoke(hook, payload, { extensions, operation: { trace: "t" } });
      texts.push(printed(contexts[0]), printed(manager), printed(running));
      gate.resolve();
      const result = await running;
      await manager.close();
      expect(contexts).toHaveLength(3);
      texts.push(...contexts.map(printed), printed(result.context));
      for (const text of texts) expect(text).not.toContain(canary);
      expect(texts[0]).toContain("'waits'");
    });

    it("managers, plugins, and a scope that carries state", async () => {
      const keeps = definePlugin({
        name: "keeps",
        version: "1.0.0",
        capabilities: ["read_headers"],
        hooks: {
          [hook]: {
            extensions: true,
            handler: ((_p: unknown, context: PluginContext, view: object) => {
              context.state.set("view", view);
            }) as never,
          },
        },
      });
      const manager = await createPluginManager({ plugins: [keeps] });
      const result = await manager.invoke(hook, payload, { extensions });
      for (const each of [manager, keeps, manager.plugins, result.context, sidesOf(result)]) {
        expect(printed(each)).not.toContain(canary);
      }
    });

    it.each<[string, () => unknown]>([
      [
        "a header that is not a string",
        () => createExtensions({ http: { headers: { authorization: [canary] as never } } }),
      ],
      [
        "a header name over the limit",
        () => createExtensions({ http: { headers: { [canary.repeat(40)]: canary } } }),
      ],
      [
        "a claim that is not a string",
        () =>
          createExtensions({
            security: { subject: { id: "u", type: "user", claims: { c: { canary } as never } } },
          }),
      ],
      [
        "a subject of an unknown kind",
        () => createExtensions({ security: { subject: { id: canary, type: canary as never } } }),
      ],
      [
        "text that is not JSON",
        () => decodeExtensions(`{"http":{"headers":{"cookie":"${canary}"}}`),
      ],
      [
        "a document with an unknown slot",
        () => decodeExtensions({ secrets: { canary } }, { strict: true }),
      ],
      ["an invalid message", () => createMessage({ role: canary, content: canary } as never)],
      [
        "a header with a line feed",
        () => setHeader(filterExtensions(extensions, full), "cookie", `${canary}\n`),
      ],
      ["a framing header", () => setHeader(filterExtensions(extensions, full), "host", canary)],
      [
        "headers without the right",
        () => setHeader(filterExtensions(extensions, ["read_headers"]) as never, "cookie", canary),
      ],
      [
        "an edit to a number",
        () =>
          amend(filterExtensions(extensions, full), (draft) => {
            (draft as never as { http: { headers: object } }).http.headers = { canary: 1 };
          }),
      ],
      [
        "a merge of a header with a line feed",
        () =>
          mergeExtensions(
            extensions,
            { http: { headers: { ...headers, cookie: `${canary}\n` } } },
            full,
          ),
      ],
      [
        "a merge without a label",
        () => mergeExtensions(extensions, { security: { labels: [canary] } }, full),
      ],
      [
        "a strict merge of the subject",
        () =>
          mergeExtensions(
            extensions,
            { security: { subject: { id: canary, type: "user" } } },
            full,
            { strict: true },
          ),
      ],
      [
        "a declassification by a plugin",
        () =>
          declassify(filterExtensions(extensions, full) as never, {
            labels: [canary],
            reason: canary,
            authority: canary,
          }),
      ],
      [
        "a payload of the wrong type",
        async () => (await manage([])).invoke(hook, { name: [canary] } as never, { extensions }),
      ],
      [
        "extensions that cannot be read",
        async () =>
          (await manage([])).invoke(hook, payload, { extensions: { http: canary } as never }),
      ],
    ])("the error for %s", async (_, run) => {
      const error = await thrownBy(run);
      expect(error).toMatchObject({ code: expect.any(String) });
      expect(printed(error)).not.toContain(canary);
    });

    it.each<[string, unknown]>([
      ["a header that is refused", { http: { headers: { ...headers, "x\n": canary } } }],
      ["a subject that is ignored", { security: { subject: { id: canary, type: "user" } } }],
      ["labels that are gone", { security: { labels: [canary] } }],
      ["an unknown slot", { [canary]: canary }],
      [
        "a getter",
        {
          http: {
            get headers() {
              return canary;
            },
          },
        },
      ],
      ["headers that are taken", { http: { headers: { ...headers, "x-copy": canary } } }],
    ])("records, rejections and errors of a run: %s", async (_, modifiedExtensions) => {
      const result = await runOnce(
        [plugin("writes", (_p, _c) => ({ modifiedExtensions }), { capabilities: full })],
        { extensions },
      );
      expect(printed(sidesOf(result))).not.toContain(canary);
      expect(result.executions).toHaveLength(1);
    });

    it("an error from a handler, with a view in it", async () => {
      const result = await runOnce(
        [
          plugin(
            "throws",
            (_p, _c, view) => {
              throw Object.assign(new Error(JSON.stringify(view), { cause: view }), { view });
            },
            { capabilities: full },
          ),
        ],
        { extensions },
      );
      expect(result.violation).toMatchObject({ code: "handler_error" });
      expect(printed(sidesOf(result))).not.toContain(canary);
    });

    it("the warning of headers on a payload", async () => {
      const warnings: Error[] = [];
      const note = (warning: Error) => warnings.push(warning);
      process.on("warning", note);
      try {
        const manager = await manage([]);
        const result = await manager.invoke(hook, { ...payload, headers } as never);
        expect(result.extensions.http?.headers).toEqual(headers);
        await rest();
      } finally {
        process.off("warning", note);
      }
      const ours = warnings.filter(({ name }) => name === "DeprecationWarning");
      expect(ours.length).toBeGreaterThan(0);
      for (const warning of warnings) expect(printed(warning)).not.toContain(canary);
    });

    it("encoding keeps the values", () => {
      const text = encodeExtensions(extensions);
      expect(JSON.parse(text)).toMatchObject({ http: { headers, response_headers: headers } });
    });

    it.each(["authorization", "Cookie", "X-API-Key", "Proxy-Authorization"])("%s", async (name) => {
      const lines: string[] = [];
      const events: unknown[] = [];
      const loud = (_p: unknown, _c: unknown, view: { http?: { headers?: object } }) => {
        throw new Error(`seen ${JSON.stringify(view.http?.headers)} and ${canary}`);
      };
      const manager = await createPluginManager({
        plugins: [plugin("loud", loud as never, { capabilities: ["read_headers"] })],
        audit: { sink: (event) => events.push(event) },
        logger: { info: (text) => lines.push(text), warn: (text) => lines.push(text) },
      });
      const secret = createExtensions({ http: { headers: { [name]: `Bearer ${canary}` } } });
      await manager.invoke(hook, payload, { extensions: secret });
      await manager.close();
      expect(JSON.stringify(events)).toContain("plugin.handler_error");
      expect(JSON.stringify([events, lines])).not.toContain(canary);
    });
  },
);
