/** Logs, errors and diagnostics: strings that forge log lines, and secrets in diagnostics. */
import { inspect } from "node:util";
import {
  addLabels,
  createExtensions,
  createPluginManager,
  declassify,
  decodeExtensions,
  definePlugin,
  deny,
  detectTampering,
  filterExtensions,
  isGlassineError,
  mergeExtensions,
  resolveCapabilities,
  setHeader,
  withSlots,
} from "glassine";
import { defineHost } from "glassine/host";
import { createMessage, freezePayload } from "glassine/messages";
import { afterEach, expect, it, vi } from "vitest";
import { call, hook, manage, plugin, type Run } from "../dispatch/support.ts";
import { attack } from "./attack.ts";

/** Strings that break a line, hide text, or move a terminal's cursor. */
const spoilers = {
  "a line feed": "\n",
  "a carriage return": "\r",
  "a next line": "\u0085",
  "a line separator": "\u2028",
  "a paragraph separator": "\u2029",
  "an escape sequence": "\u001b[2J\u001b[31m",
  "a single control for one": "\u009b31m",
  "a NUL": "\0",
  "a backspace": "\b",
  "an override of direction": "\u202e",
  "an isolate": "\u2066",
  "a zero-width space": "\u200b",
  "a byte-order mark": "\ufeff",
  "an invisible tag": "\u{e0041}",
  "half a character": "\ud83d",
};
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The string with a replacement character for each lone surrogate. */
const wellFormed = (text: string) => Buffer.from(text).toString();

const envelope = createExtensions({
  security: { labels: ["PII"] },
  http: { headers: { "X-A": "1" } },
});
const define = (manifest: object) =>
  definePlugin({ name: "plugin", version: "1.0.0", hooks: {}, ...manifest } as never);
const manager = await manage([plugin("plugin", (_p, _c) => undefined)]);

/** Every call whose error quotes a name chosen by somebody else. */
const quoting: Readonly<Record<string, (name: string) => unknown>> = {
  "the name of a plugin": (name) => define({ name }),
  "a field of a manifest": (name) => define({ [name]: 1 }),
  "a capability": (name) => define({ capabilities: [name] }),
  "a hook": (name) => define({ hooks: { [name]: () => undefined } }),
  "a setting of a handler": (name) =>
    define({ hooks: { tool_pre_invoke: { handler: (_p: unknown) => 1, [name]: 1 } } }),
  "a dependency": (name) => define({ dependsOn: [name] }),
  "an option of a manager": (name) => createPluginManager({ plugins: [], [name]: 1 } as never),
  "a setting of the operator": (name) =>
    createPluginManager({ plugins: [{ plugin: define({}), [name]: 1 }] } as never),
  "a grant": (name) =>
    createPluginManager({ plugins: [{ plugin: define({}), grant: [name] }] } as never),
  "a hook of a payload policy": (name) =>
    createPluginManager({ plugins: [], payloadPolicy: { [name]: [] } }),
  "a field of a payload policy": (name) =>
    createPluginManager({ plugins: [], payloadPolicy: { [hook]: [name] } }),
  "a hook that is invoked": (name) => manager.invoke(name as typeof hook, call),
  "an option of a run": (name) => manager.invoke(hook, call, { [name]: 1 } as never),
  "a slot": (name) => createExtensions({ [name]: {} } as never),
  "a slot that is put in place": (name) => withSlots(envelope, { [name]: {} } as never),
  "a field of a slot": (name) => createExtensions({ request: { [name]: 1 } } as never),
  "a key of data": (name) => createExtensions({ custom: { [name]: () => 1 } } as never),
  "the name of a header": (name) => createExtensions({ http: { headers: { [name]: 1 } } } as never),
  "a header that a plugin sets": (name) => setHeader(viewOf(), name, "1"),
  "a label": (name) => createExtensions({ security: { labels: [name] } }),
  "a label that a plugin adds": (name) => addLabels(viewOf(), name),
  "a label that is taken away": (name) =>
    declassify(envelope, { labels: [name], reason: "r", authority: "a" }),
  "a capability that is resolved": (name) => resolveCapabilities([name as never]),
  "a slot of a host": (name) =>
    defineHost({
      slots: { [name]: { tier: "immutable", read: "everyone", description: "d", schema: {} } },
    } as never),
  "a hook of a host": (name) => defineHost({ hooks: { [name]: {} } } as never),
  "a plugin in a merge": (name) =>
    mergeExtensions(envelope, { security: { labels: [] } }, ["append_labels"], { plugin: name }),
  "a key of a payload": (name) => freezePayload({ [name]: () => 1 }),
  "the role of a message": (name) => createMessage({ role: name as never }),
};

function viewOf() {
  return filterExtensions(envelope, ["append_labels", "write_headers"]);
}

async function refusalOf(run: () => unknown): Promise<Error> {
  try {
    await run();
  } catch (thrown) {
    if (isGlassineError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("The call went through.");
}

/** Every string in a result besides the payload and the envelope. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
const reportedBy = async (run: Run, name = "add") => {
  const made = await manage([plugin("teller", run, { capabilities: ["write_headers"] })]);
  const result = await made.invoke(hook, { name }, { extensions: envelope });
  const { violation, errors, rejections, executions } = result;
  return { violation, texts: textsIn([violation, errors, rejections, executions]) };
};

attack(
  "A-179",
  "Break lines, hide text or move the cursor with names, labels, reasons, header names, tool names",
  "escaped, replaced by a space, or left out: one record stays one line",
  () => {
    it.each(Object.entries(quoting))("in %s that an error names", async (_what, run) => {
      for (const [spoiler, text] of Object.entries(spoilers)) {
        const { message } = await refusalOf(() => run(`a${text}b: forged`));
        expect(message, spoiler).not.toMatch(unprintable);
      }
    });

    it.each(Object.entries(spoilers))("%s in what a plugin returns", async (_what, text) => {
      const odd = `a${text}b`;
      const runs: readonly Run[] = [
        (_p, _c) => deny({ code: "no", reason: odd, description: odd }),
        (_p, _c) => ({ [odd]: 1 }),
        (_p, _c) => ({ modifiedExtensions: { [odd]: 1 } }),
        (_p, _c) => ({ modifiedExtensions: { security: { labels: ["PII", odd] } } }),
        (_p, _c) => ({ modifiedExtensions: { http: { headers: { "X-A": "1", [odd]: "1" } } } }),
        (_p, _c) => ({ modifiedExtensions: { custom: { [odd]: () => 1 } } }),
        (_p, _c) => ({ modifiedPayload: { [odd]: 1 } }),
        (_p, _c) => ({ metadata: { [odd]: () => 1 } }),
        (_p, _c) => {
          throw new Error(odd);
        },
      ];
      for (const run of runs) {
        const { violation, texts } = await reportedBy(run, wellFormed(odd));
        expect(violation?.plugin).toBe("teller");
        expect(texts.filter((each) => unprintable.test(each))).toEqual([]);
      }
    });

    it.each(Object.entries(spoilers))(
      "%s in a dropped field or a patched property",
      (_what, text) => {
        const key = wellFormed(`a${text}b`);
        expect(decodeExtensions({ [key]: 1 }).dropped[0]).not.toMatch(unprintable);
        Object.defineProperty(Math, key, { value: 1, configurable: true });
        const [change] = detectTampering();
        Reflect.deleteProperty(Math, key);
        expect(change?.intrinsic).not.toMatch(unprintable);
      },
    );
  },
);

attack(
  "A-180",
  "Put `%s`, `%o` and the like into names and reasons",
  "never used as a format string, and nothing is printed: the text stays as it is",
  () => {
    const format = "%s%d%o%j%c%%";
    const methods = ["log", "info", "warn", "error", "debug", "trace"] as const;
    afterEach(() => {
      vi.restoreAllMocks();
    });

    it("in what a plugin says", async () => {
      const printed = methods.map((method) => vi.spyOn(console, method));
      const { violation } = await reportedBy((_p, _c) => deny(`because ${format}`));
      expect(violation?.reason).toBe(`because ${format}`);
      const { texts } = await reportedBy((_p, _c) => {
        throw new Error(format);
      });
      expect(texts.join()).not.toContain(format);
      for (const spy of printed) expect(spy).not.toHaveBeenCalled();
    });

    const messageOf = (run: () => unknown) =>
      refusalOf(run).then(
        ({ message }) => message,
        () => "no refusal",
      );
    it.each(Object.entries(quoting))("in %s that an error names", async (_what, run) => {
      const plain = await messageOf(() => run("a marker"));
      const formatted = await messageOf(() => run(`a ${format}`));
      expect(formatted).toBe(plain.replaceAll("a marker", () => `a ${format}`));
    });
  },
);

const secret = "Bearer s3cret-token";

attack(
  "A-181",
  "Make an error quote a credential or a claim",
  "an error contains names, types and codes, never a value",
  () => {
    const host: Readonly<Record<string, () => unknown>> = {
      "a header that is not a string": () =>
        createExtensions({ http: { headers: { authorization: [secret] } } } as never),
      "a claim that is not a string": () =>
        createExtensions({
          security: { subject: { id: "a", type: "user", claims: { token: [secret] } } },
        } as never),
      "an id that is not a string": () =>
        createExtensions({ request: { request_id: [secret] } } as never),
      "a type that is not known": () =>
        createExtensions({ security: { subject: { id: "a", type: secret } } } as never),
      "a label that is refused": () => createExtensions({ security: { labels: [` ${secret}`] } }),
      "text that is not JSON": () => decodeExtensions(`{"http": "${secret}"`),
      "a message of another role": () => createMessage({ role: secret as never }),
      "a payload of another type": () => manager.invoke(hook, { name: [secret] } as never),
      "an operation that is not plain data": () =>
        manager.invoke(hook, call, { operation: { secret: [secret, () => 1] } }),
      "a configuration that is not plain data": () =>
        createPluginManager({ plugins: [{ plugin: define({}), config: [secret, () => 1] }] }),
    };
    it.each(Object.entries(host))("%s", async (_what, run) => {
      const error = await refusalOf(run);
      const inspected = inspect(error, { depth: null, showHidden: true });
      expect(inspected).not.toContain("s3cret");
      expect(error.cause).toBeUndefined();
    });

    const refused: Readonly<Record<string, unknown>> = {
      "a header value": { http: { headers: { "X-A": `${secret}\n` } } },
      "a label": { security: { labels: ["PII", ` ${secret}`] } },
      "an unknown slot": { [secret]: 1 },
      "an unknown field": { security: { labels: ["PII"], [secret]: 1 } },
      "a key of data": { custom: { [secret]: () => 1 } },
    };
    it.each(Object.entries(refused))("%s that is refused", async (_what, modifiedExtensions) => {
      const { violation, texts } = await reportedBy((_p, _c) => ({ modifiedExtensions }));
      expect(violation).toBeDefined();
      expect(texts.join()).not.toContain("s3cret");
      const refusal = await refusalOf(() =>
        mergeExtensions(envelope, modifiedExtensions, ["write_headers", "append_labels"]),
      );
      expect(inspect(refusal, { depth: null, showHidden: true })).not.toContain("s3cret");
    });
  },
);
