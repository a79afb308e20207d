/** Laws of part views: they report what message and extensions contain, and nothing else. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { type Extensions, getHeader } from "glassine";
import {
  type ContentPart,
  createMessage,
  type Message,
  matchesPattern,
  type PartInfo,
  partsOf,
  serializePart,
  toPolicyInput,
} from "glassine/messages";
import { expect, it } from "vitest";
import { type Level, reach } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { hostiles, Watch } from "./support/hostile.ts";
import { messageDocuments } from "./support/messages.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";
import { keys, labels, mapOf, texts, type Words } from "./support/schema-values.ts";
import { worlds } from "./support/tables.ts";
import { looksOf, twinsOf } from "./support/two-worlds.ts";

const [world] = worlds as readonly [(typeof worlds)[number]];
const { host, slots } = world;
const messages = messageDocuments.map((document) => createMessage(document as never));
const documents = documentsOf(slots);
const grants = grantsOf(slots);
const hooks = fc.option(texts, { nil: undefined });
const forms = fc.record({ content: fc.boolean(), context: fc.boolean() });

const prototype = Reflect.getPrototypeOf(
  partsOf(createMessage({ role: "user", content: [{ content_type: "text", text: "" }] }))[0]!,
) as object;
const properties = Reflect.ownKeys(prototype).filter(
  (name) => Reflect.getOwnPropertyDescriptor(prototype, name)?.get !== undefined,
) as readonly (keyof PartInfo)[];

/** Everything that a view reports, in every form. */
const saidBy = (view: PartInfo) => ({
  ...Object.fromEntries(properties.map((name) => [name, view[name]])),
  whole: serializePart(view),
  input: toPolicyInput(view, { content: false }),
});

const expectedDirection: Readonly<Record<string, readonly [string, "pre" | "post"]>> = {
  system: ["send", "pre"],
  developer: ["send", "pre"],
  user: ["send", "pre"],
  assistant: ["generate", "post"],
  tool: ["receive", "post"],
  tool_call: ["execute", "pre"],
  tool_result: ["receive", "post"],
  resource: ["read", "post"],
  resource_ref: ["read", "pre"],
  prompt_request: ["invoke", "pre"],
  prompt_result: ["receive", "post"],
};

/** The content of a part, from the format: name, URI, MIME type, arguments, and text or JSON. */
function saidOf(part: ContentPart) {
  const json = (value: unknown) => ({ json: JSON.stringify(value) });
  switch (part.content_type) {
    case "text":
    case "thinking":
      return { text: part.text };
    case "tool_call": {
      const { name, namespace, arguments: args } = part.content;
      return { name, uri: `tool://${namespace || "_"}/${name}`, args, ...json(args) };
    }
    case "prompt_request": {
      const { name, server_id: server, arguments: args } = part.content;
      return { name, uri: `prompt://${server || "_"}/${name}`, args, ...json(args) };
    }
    case "tool_result": {
      const { tool_name: name, content } = part.content;
      const said = typeof content === "string" ? { text: content } : json(content);
      return { name, uri: `tool_result://${name}`, ...((content ?? null) === null ? {} : said) };
    }
    case "prompt_result": {
      const { prompt_name: name, content } = part.content;
      return { name, uri: `prompt_result://${name}`, text: content };
    }
    case "resource": {
      const { name, uri, mime_type: mimeType, content, blob, size_bytes: size } = part.content;
      return { name, uri, mimeType, text: content, blob, size };
    }
    case "resource_ref":
      return { name: part.content.name, uri: part.content.uri };
    default:
      return { mimeType: part.content.media_type };
  }
}
interface Said {
  readonly name?: string | undefined;
  readonly uri?: string;
  readonly mimeType?: string | undefined;
  readonly args?: object;
  readonly text?: string | undefined;
  readonly json?: string;
  readonly blob?: string | undefined;
  readonly size?: number | undefined;
}

function expectToAgree(view: PartInfo, part: ContentPart, role: Message["role"]): void {
  const said: Said = saidOf(part);
  const { kind, name, uri, mimeType, content, args } = view;
  expect([kind, view.role, name, uri, mimeType]).toEqual([
    part.content_type,
    role,
    said.name,
    said.uri,
    said.mimeType,
  ]);
  expect([view.action, view.isPre ? "pre" : "post"]).toEqual(
    expectedDirection[kind] ?? expectedDirection[role],
  );
  expect(view.isPost).toBe(!view.isPre);
  expect(args).toBe(said.args);
  expect(content).toBe(said.text ?? said.json);
  expect(view.hasContent).toBe(content !== undefined);
  const measured = content ?? said.blob;
  expect(view.sizeBytes).toBe(
    said.size ?? (measured === undefined ? undefined : Buffer.byteLength(measured)),
  );
  const known: Level = part.content_type.startsWith("t") && "text" in part ? {} : contentOf(part);
  for (const key of Object.keys(view.properties)) {
    if (key === "tool_id") expect(view.properties[key]).toBe(known.tool_call_id);
    else if (key === "message_count") {
      expect(view.properties[key]).toBe((known.messages as readonly unknown[]).length);
    } else expect(view.properties[key]).toBe(known[key]);
  }
}
const contentOf = (part: ContentPart) => ("content" in part ? part.content : {}) as Level;

it("part views agree with their message, part by part", () => {
  let parts = 0;
  fc.assert(
    fc.property(messages, hooks, documents, (message, hook, document) => {
      const extensions = host.createExtensions(document);
      const views = partsOf(message, { hook, extensions });
      expect(views.length).toBe(message.content.length);
      views.forEach((view, at) => {
        parts += 1;
        expect(view.hook).toBe(hook);
        expectToAgree(view, message.content[at]!, message.role);
      });
    }),
  );
  expectSome(parts);
});

it("part views report the caller as the extensions do, and find in them what the helpers find", () => {
  fc.assert(
    fc.property(
      messages,
      documents,
      grants,
      labels,
      keys,
      (message, document, grant, label, word) => {
        const extensions = host.filterExtensions(
          host.createExtensions(document),
          grant,
        ) as Extensions;
        const { request, agent, security } = extensions;
        for (const view of partsOf(message, { extensions })) {
          expect(view.environment).toBe(request?.environment);
          expect(view.requestId).toBe(request?.request_id);
          expect(view.subject).toBe(security?.subject);
          for (const set of ["roles", "permissions", "teams"] as const) {
            expect(view[set]).toEqual(security?.subject?.[set] ?? []);
          }
          expect(view.labels).toEqual(security?.labels ?? []);
          expect([view.agentInput, view.sessionId, view.turn]).toEqual([
            agent?.input,
            agent?.session_id,
            agent?.turn,
          ]);
          for (const role of [word, ...view.roles]) {
            expect(view.hasRole(role)).toBe(view.roles.includes(role));
          }
          for (const one of [label, ...view.labels]) {
            expect(view.hasLabel(one)).toBe(view.labels.includes(one));
          }
          for (const name of [word, "AUTHORIZATION", ...Object.keys(view.headers)]) {
            expect(view.getHeader(name)).toBe(getHeader(extensions, name));
            const first = Object.keys(view.headers).find((key) => ascii(key) === ascii(name));
            expect(view.getHeader(name)).toBe(
              first === undefined ? undefined : view.headers[first],
            );
            expect(view.hasHeader(name)).toBe(first !== undefined);
          }
          for (const name of [word, ...Object.keys(view.args ?? {})]) {
            const isThere = view.args !== undefined && Object.hasOwn(view.args, name);
            expect(view.hasArg(name)).toBe(isThere);
            expect(view.getArg(name)).toBe(isThere ? view.args?.[name] : undefined);
          }
        }
      },
    ),
  );
});
const ascii = (name: string) => name.replaceAll(/[A-Z]/g, (c) => c.toLowerCase());

it("L46: a URI pattern matches a part view if it matches its URI, and never one without a URI", () => {
  const pieces = fc.constantFrom("*", "**", "/", "tool", "://", "_", "a", "file", "");
  const patterns = fc.oneof(
    texts,
    fc.array(pieces, { maxLength: 6 }).map((list) => list.join("")),
  );
  fc.assert(
    fc.property(messages, patterns, (message, pattern) => {
      for (const view of partsOf(message)) {
        const { uri } = view;
        expect(view.matchesUriPattern(pattern)).toBe(
          uri !== undefined && uri !== "" && matchesPattern(pattern, uri),
        );
        if (uri) expect(view.matchesUriPattern("**")).toBe(true);
      }
    }),
  );
});

it("L5: part views of what a grant shows look the same, whatever it hides", () => {
  let different = 0;
  fc.assert(
    fc.property(messages, twinsOf(world), hooks, (message, { one, two, grant }, hook) => {
      const looks = (envelope: object) =>
        partsOf(message, { hook, extensions: host.filterExtensions(envelope, grant) }).map((view) =>
          looksOf(saidBy(view)),
        );
      if (host.encodeExtensions(one) !== host.encodeExtensions(two)) different += 1;
      expect(looks(two)).toEqual(looks(one));
    }),
  );
  expectSome(different);
});

const secrets = fc.nat(999).map((n) => `s3cr3t-${n}`);
const sensitive = fc
  .tuple(
    fc.constantFrom("authorization", "cookie", "set-cookie", "x-api-key", "proxy-authorization"),
    fc.infiniteStream(fc.boolean()),
    fc.constantFrom("", " ", "\t", "\u00a0 ", "\r\n"),
    fc.constantFrom("", " ", "\ufeff", "\n"),
  )
  .map(([name, upper, before, after]) => {
    const spelt = [...name].map((c) => (upper.next().value ? c.toUpperCase() : c));
    return `${before}${spelt.join("")}${after}`;
  });

it("L42: a serialised part view contains no sensitive header in any spelling, and no claim", () => {
  const words: Words = {
    texts: fc.constant("plain"),
    labels,
    keys,
    headers: mapOf(sensitive, secrets),
    json: fc.constant(null),
  };
  const claims = mapOf(keys, secrets);
  let secret = 0;
  fc.assert(
    fc.property(messages, documentsOf(slots, words), claims, (message, document, claimed) => {
      const subject = { id: "a", type: "user", claims: claimed };
      const security = { ...((document.security ?? {}) as object), subject };
      const extensions = host.createExtensions({ ...document, security });
      for (const view of partsOf(message, { extensions })) {
        if (Object.keys(view.headers).length > 0) secret += 1;
        expect(JSON.stringify([serializePart(view), toPolicyInput(view)])).not.toContain("s3cr3t");
      }
    }),
  );
  expectSome(secret);
});

it("L26: what a part view returns or serialises to is frozen JSON data, the same each time", () => {
  fc.assert(
    fc.property(messages, documents, hooks, forms, (message, document, hook, form) => {
      const extensions = host.createExtensions(document);
      for (const view of partsOf(message, { extensions, hook })) {
        const written = serializePart(view, form);
        expect(JSON.parse(JSON.stringify(written))).toEqual(written);
        expect(JSON.stringify(serializePart(view, form))).toBe(JSON.stringify(written));
        expect("content" in written).toBe(form.content && view.hasContent);
        expect(toPolicyInput(view, { content: form.content })).toEqual({
          input: serializePart(view, { content: form.content }),
        });
        for (const value of [written, ...Object.values(saidBy(view))]) {
          for (const object of reach(value)) expect(Object.isFrozen(object)).toBe(true);
        }
      }
    }),
  );
});

it("L24: any value results in part views or an error with a code, and none of its code runs", () => {
  fc.assert(
    fc.property(hostiles, messages, fc.nat(4), (hostile, message, place) => {
      const watch = new Watch();
      const value = hostile.make(watch) as never;
      const outcome = outcomeOf(() => {
        if (place === 0) return partsOf(value);
        if (place === 1) return partsOf({ role: "user", content: [value] } as never);
        if (place === 2) return partsOf(message, { extensions: value });
        return [place === 3 ? serializePart(value) : toPolicyInput(value)];
      });
      if (outcome.ok && place < 3) for (const view of outcome.value) saidBy(view as PartInfo);
      else if (place > 2) expect(outcome).toMatchObject({ code: "part_invalid" });
      expect(watch.ran).toBe(0);
    }),
  );
});
