/** Law of records: one record is one line and keeps its content, whatever strings it contains. */
import fc from "fast-check";
import {
  addLabels,
  amend,
  appendHop,
  createExtensions,
  createPluginManager,
  declassify,
  decodeExtensions,
  definePlugin,
  deny,
  filterExtensions,
  type GlassineError,
  isGlassineError,
  mergeExtensions,
  resolveCapabilities,
  setCustom,
  setHeader,
  withSlots,
} from "glassine";
import { defineHost } from "glassine/host";
import { freezePayload } from "glassine/messages";
import { expect, it } from "vitest";
import { call, hook, managerOf } from "./support/dispatch.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";
import { characters, jsonValues } from "./support/schema-values.ts";

/** What ends a line, hides or reverses text, or moves the cursor. */
const nasty = fc.constantFrom(
  "\n",
  "\r",
  "\r\n",
  "\u2028",
  "\u2029",
  "\u0085",
  "\v",
  "\f",
  "\0",
  "\u001b[2J",
  "\u202e",
  "\u200b",
  "\ufeff",
  "\u2066",
  "\ud800",
  '"',
  "'",
  "\\",
  "%s",
  "%o",
  "\t",
  "\u007f",
  "`",
  "${",
);
const texts = fc
  .array(
    fc.oneof(nasty, fc.string({ unit: characters, maxLength: 6 }), fc.constant("level=error")),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(""));

const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** One machine-readable line, unchanged by parsing. */
function expectOneLine(record: object): void {
  const line = JSON.stringify(record);
  expect(line).not.toMatch(/[\n\r]/);
  expect(JSON.parse(line)).toEqual(record);
}

type Try = (text: string) => unknown;
const any = (value: unknown) => value as never;
const view = filterExtensions(createExtensions({ security: { labels: ["PII"] } }), [
  "append_labels",
  "append_delegation",
  "write_headers",
]);
const envelope = createExtensions({ custom: {} });
const manifest = { name: "line-test", version: "1.0.0", hooks: { [hook]: (_p: object) => {} } };
const entry = (settings: object) => any({ ...manifest, hooks: { [hook]: settings } });

const tries: Readonly<Record<string, Try>> = {
  "a slot": (text) => createExtensions(any({ [text]: {} })),
  "a field": (text) => createExtensions(any({ security: { [text]: 1 } })),
  "a key of a map": (text) => createExtensions(any({ custom: { [text]: () => 1 } })),
  "a value": (text) => createExtensions(any({ security: { subject: { id: 1, type: text } } })),
  "a label": (text) => addLabels(view, text),
  "a header": (text) => setHeader(view, text, text),
  "a key": (text) => setCustom(view, text, () => 1),
  "a hop": (text) => appendHop(view, any({ subject_id: text, subject_type: 1, [text]: 1 })),
  "a draft": (text) => amend(view, (draft) => Object.assign(draft, { [text]: 1 })),
  "a proposal": (text) =>
    mergeExtensions(envelope, { [text]: 1, security: { labels: [text] } }, ["append_labels"], {
      plugin: text,
    }),
  "a refused one": (text) =>
    mergeExtensions(envelope, { request: { [text]: 1 } }, [], { plugin: text, strict: true }),
  "a slot that is replaced": (text) => withSlots(envelope, any({ [text]: text })),
  "a string that is parsed": (text) => decodeExtensions(text),
  "a document that is parsed": (text) =>
    decodeExtensions(JSON.stringify({ [text]: 1, http: { [text]: 1 } }), { strict: true }),
  "a payload": (text) => freezePayload({ [text]: () => 1 }),
  "a plugin's name": (text) => definePlugin({ ...manifest, name: text, version: text }),
  "a field of a manifest": (text) => definePlugin({ ...manifest, [text]: 1 }),
  "a capability": (text) => definePlugin({ ...manifest, capabilities: [any(text)] }),
  "a hook": (text) => definePlugin({ ...manifest, hooks: { [text]: () => {} } as never }),
  "a setting": (text) => definePlugin(entry({ handler: manifest.hooks[hook], [text]: 1 })),
  "a mode": (text) => definePlugin(entry({ handler: manifest.hooks[hook], mode: text })),
  "a dependency": (text) => definePlugin({ ...manifest, dependsOn: [text] }),
  "a capability that is resolved": (text) => resolveCapabilities([any(text)]),
  "a slot of a host": (text) => defineHost({ slots: { [text]: any({ tier: text }) } }),
  "a hook of a host": (text) => defineHost({ hooks: { [text]: any({ semantic: text }) } }),
  "a declassified label": (text) =>
    declassify(envelope, { labels: [text], reason: "r", authority: "a" }),
  "a denial": (text) => deny({ code: text, reason: text }),
};
const triesLater: Readonly<Record<string, (text: string) => Promise<unknown>>> = {
  "an option": (text) => createPluginManager(any({ plugins: [], [text]: 1 })),
  "a policy": (text) =>
    createPluginManager({ plugins: [], payloadPolicy: any({ [text]: [text] }) }),
  "a policy's field": (text) =>
    createPluginManager({ plugins: [], payloadPolicy: { [hook]: [text] } }),
  "a grant": (text) =>
    createPluginManager({ plugins: [{ plugin: definePlugin(manifest), grant: [any(text)] }] }),
  "a setting of the operator": (text) =>
    createPluginManager({ plugins: [any({ plugin: definePlugin(manifest), [text]: 1 })] }),
  "a hook that is invoked": async (text) => (await managerOf([])).invoke(any(text), any(call)),
  "an option of invoke": async (text) =>
    (await managerOf([])).invoke(hook, call, any({ [text]: 1 })),
  "a payload's field": async (text) => (await managerOf([])).invoke(hook, any({ [text]: 1 })),
  "an envelope's field": async (text) =>
    (await managerOf([])).invoke(hook, call, { extensions: any({ [text]: 1 }) }),
};

function expectReportedInALine(error: GlassineError): void {
  expect(error.message).not.toMatch(unprintable);
  expectOneLine({ code: error.code, message: error.message });
}

it("L41: an error is one printable line, whatever strings are passed in", () => {
  let refused = 0;
  return fc
    .assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constantFrom(...Object.values(tries)),
          fc.constantFrom(...Object.values(triesLater)),
        ),
        texts,
        async (attempt, text) => {
          try {
            await attempt(text);
          } catch (error) {
            if (!isGlassineError(error)) throw error;
            refused += 1;
            expectReportedInALine(error);
          }
        },
      ),
    )
    .then(() => expectSome(refused));
});

it("L41: a denial is one printable line, whatever its plugin says", () =>
  fc.assert(
    fc.asyncProperty(texts, texts, jsonValues, async (reason, description, detail) => {
      const denial = outcomeOf(() =>
        deny({ code: "no", reason, description, details: { detail } }),
      );
      if (!denial.ok) return;
      const plugin = definePlugin({ ...manifest, hooks: { [hook]: (_p) => denial.value } });
      const { violation, executions } = await (await managerOf([plugin])).invoke(hook, call);
      expect(violation?.reason).not.toMatch(unprintable);
      expect(violation?.description ?? "").not.toMatch(unprintable);
      expect(executions[0]?.reason).toBe(violation?.reason);
      expectOneLine(violation ?? {});
      expectOneLine(executions[0] ?? {});
    }),
  ));

const returns = fc.constantFrom<(text: string, value: unknown) => unknown>(
  (text) => {
    throw new Error(text);
  },
  (text) => ({ [text]: 1 }),
  (text) => ({ modifiedExtensions: { [text]: text } }),
  (text) => ({ modifiedExtensions: { security: { labels: [text] } } }),
  (text) => ({ modifiedExtensions: { http: { headers: { [text]: text } } } }),
  (text) => ({ modifiedPayload: { [text]: text } }),
  (text) => ({ modifiedPayload: { name: text, args: { [text]: text } } }),
  (text, value) => ({ metadata: { [text]: value, text } }),
  (text, value) => ({ metadata: value, modifiedExtensions: { request: { request_id: text } } }),
);

it("L41: each record of a run is one line with the same content, whatever a plugin throws or returns", () =>
  fc.assert(
    fc.asyncProperty(
      returns,
      texts,
      jsonValues,
      fc.boolean(),
      async (make, text, value, strict) => {
        const plugin = definePlugin({
          ...manifest,
          capabilities: ["append_labels", "write_headers"],
          hooks: { [hook]: (_p, _c, _x) => make(text, value) as never },
        });
        const manager = await createPluginManager({
          plugins: [plugin],
          strict,
          logger: {},
        });
        const result = await manager.invoke(hook, call, { extensions: envelope });
        const { errors, rejections, executions, violation, metadata } = result;
        for (const record of [...errors, ...rejections, ...executions, violation ?? {}, metadata]) {
          expectOneLine(record);
        }
        const reported = [errors, rejections, executions, violation];
        expect(JSON.stringify(reported)).not.toMatch(unprintable);
      },
    ),
  ));

it("L41: the record of a declassification is one line, and says who decided and why", () => {
  fc.assert(
    fc.property(texts, texts, (reason, authority) => {
      const labelled = createExtensions({ security: { labels: ["PII"] } });
      const outcome = outcomeOf(() => declassify(labelled, { labels: ["PII"], reason, authority }));
      if (!outcome.ok) return;
      expect(outcome.value.record).toMatchObject({ reason, authority });
      expectOneLine(outcome.value.record);
    }),
  );
});
