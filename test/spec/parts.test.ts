/** The requirements of `spec/parts.md`, including its tables. */
import { createExtensions, filterExtensions } from "glassine";
import { type PartInfo, partsOf, serializePart, toPolicyInput } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeIn, readTable } from "../docs/support/markdown.ts";
import { readPage } from "../docs/support/pages.ts";
import { callWith, kinds, messageOf, parts, roles, viewOf } from "../messages/part-support.ts";
import { verifies } from "../support/verifies.ts";
import { codeOf, everything, plain } from "./support.ts";

const page = readPage("spec/parts.md").text;
const rowsOf = (heading: string) => readTable(page, heading);
const full = createExtensions(everything as never);

describe("what a part is", () => {
  it("one view a part, in order", () => {
    verifies("part:one-a-part");
    const message = messageOf(
      kinds.map((kind) => parts[kind]),
      "user",
    );
    const views = partsOf(message);
    expect(views.map(({ kind }) => kind)).toEqual(kinds);
    expect(new Set(views.map(({ role }) => role))).toEqual(new Set(["user"]));
    expect(partsOf(messageOf([]))).toEqual([]);
    expect(Object.isFrozen(views)).toBe(true);
  });

  it("family, action and direction are those of the tables", () => {
    verifies("part:flow", "part:families");
    const byRole = new Map(
      rowsOf("Role").flatMap(([list, action, direction]) =>
        codeIn(list).map((role) => [role, [codeIn(action)[0], direction]]),
      ),
    );
    const families = ["tool", "prompt", "resource", "text", "media"];
    const seen = rowsOf("Kind").flatMap(([list = "", family = "", action = "", direction = ""]) => {
      if (!["text", "tool", "resource", "prompt", "medium"].includes(family)) return [];
      return codeIn(list).map((kind) => {
        for (const role of roles) {
          const view = viewOf(parts[kind as keyof typeof parts], {}, role);
          const [given] = codeIn(action);
          const wanted = given === undefined ? byRole.get(role) : [given, direction];
          expect([view.action, view.isPre ? "pre" : "post"], `${kind} by ${role}`).toEqual(wanted);
          expect(view.isPost).toBe(!view.isPre);
          const own = [view.isTool, view.isPrompt, view.isResource, view.isText, view.isMedia];
          const name = family === "medium" ? "media" : family;
          expect(own, kind).toEqual(families.map((other) => other === name));
        }
        return kind;
      });
    });
    expect([...seen].sort()).toEqual([...kinds].sort());
    expect([...byRole.keys()].sort()).toEqual([...roles].sort());
  });

  it("the hook decides nothing", () => {
    verifies("part:hook");
    for (const hook of ["tool_post_invoke", "", "anything", undefined, null]) {
      const view = viewOf(parts.tool_call, { hook });
      expect([view.hook, view.isPre, view.action]).toEqual([hook ?? undefined, true, "execute"]);
    }
  });
});

describe("what a part names and carries", () => {
  it("name and URI", () => {
    verifies("part:names");
    const named = kinds.map((kind) => {
      const { name, uri } = viewOf(parts[kind]);
      return [kind, name, uri];
    });
    expect(named.filter(([, name, uri]) => name !== undefined || uri !== undefined)).toEqual([
      ["tool_call", "read", "tool://fs/read"],
      ["tool_result", "read", "tool_result://read"],
      ["resource", "log", "file:///pier/log.txt"],
      ["resource_ref", undefined, "db://pier/42"],
      ["prompt_request", "brief", "prompt://srv/brief"],
      ["prompt_result", "brief", "prompt_result://brief"],
    ]);
    const call = { tool_call_id: "1", name: "a/b c%", arguments: {} };
    const request = { prompt_request_id: "1", name: "é", arguments: {} };
    for (const none of [undefined, ""]) {
      const own = none === undefined ? {} : { namespace: none };
      const server = none === undefined ? {} : { server_id: none };
      expect(viewOf({ content_type: "tool_call", content: { ...call, ...own } }).uri).toBe(
        "tool://_/a/b c%",
      );
      expect(
        viewOf({ content_type: "prompt_request", content: { ...request, ...server } }).uri,
      ).toBe("prompt://_/é");
    }
    const withUri = named.filter(([, , uri]) => uri !== undefined).map(([kind]) => kind);
    expect(rowsOf("Part").flatMap(([list]) => codeIn(list))).toEqual(withUri);
  });

  it("content", () => {
    verifies("part:content");
    const contents = kinds.map((kind) => [kind, viewOf(parts[kind]).content]);
    expect(Object.fromEntries(contents)).toEqual({
      text: "Lämp",
      thinking: "hm",
      tool_call: '{"path":"/a","none":null}',
      tool_result: '{"ok":true}',
      resource: "lit",
      resource_ref: undefined,
      prompt_request: '{"n":1}',
      prompt_result: "Brief.",
      image: undefined,
      video: undefined,
      audio: undefined,
      document: undefined,
    });
    const result = (content: unknown) =>
      viewOf({
        content_type: "tool_result",
        content: { tool_call_id: "1", tool_name: "t", content: content as never },
      });
    const cases = [
      ["a\nb", "a\nb"],
      ["", ""],
      [0, "0"],
      [false, "false"],
      [[1, null], "[1,null]"],
      [null, undefined],
      [undefined, undefined],
    ] as const;
    for (const [given, text] of cases) {
      expect(result(given).content).toBe(text);
      expect(result(given).hasContent).toBe(text !== undefined);
    }
  });

  it("arguments", () => {
    verifies("part:arguments");
    const message = messageOf([parts.tool_call, parts.prompt_request, parts.tool_result]);
    const [call, request, result] = partsOf(message) as readonly [PartInfo, PartInfo, PartInfo];
    expect(call.args).toBe(
      (message.content[0] as { content: { arguments: object } }).content.arguments,
    );
    expect(request.args).toEqual({ n: 1 });
    expect(result.args).toBeUndefined();
    expect([call.hasArg("none"), call.getArg("none")]).toEqual([true, null]);
    expect([call.hasArg("absent"), call.getArg("absent")]).toEqual([false, undefined]);
    expect([result.hasArg("path"), result.getArg("path")]).toEqual([false, undefined]);
  });

  it("sizes", () => {
    verifies("part:size");
    for (const kind of kinds) {
      const { content, sizeBytes } = viewOf(parts[kind]);
      expect(sizeBytes).toBe(content === undefined ? undefined : Buffer.byteLength(content));
    }
    const resource = { resource_request_id: "1", uri: "u", resource_type: "file" } as const;
    const sizeOf = (more: object) =>
      viewOf({ content_type: "resource", content: { ...resource, ...more } }).sizeBytes;
    expect(sizeOf({})).toBeUndefined();
    expect(sizeOf({ content: "" })).toBe(0);
    expect(sizeOf({ content: "é€😀" })).toBe(9);
    expect(sizeOf({ blob: "éé" })).toBe(4);
    expect(sizeOf({ content: "hello", size_bytes: 999 })).toBe(999);
    expect(sizeOf({ blob: "hello", size_bytes: 0 })).toBe(0);
  });

  it("MIME types", () => {
    verifies("part:mime-type");
    const types = kinds.map((kind) => [kind, viewOf(parts[kind]).mimeType] as const);
    expect(types.filter(([, type]) => type !== undefined)).toEqual([
      ["resource", "text/plain"],
      ["image", "image/png"],
      ["audio", "audio/ogg"],
    ]);
  });

  it("properties", () => {
    verifies("part:properties");
    const byKind = rowsOf("Part with properties").map(
      ([kind, names]) => [codeIn(kind)[0] ?? "", codeIn(names)] as const,
    );
    expect(byKind.length).toBe(5);
    const known = new Map<string, readonly string[]>(byKind);
    for (const kind of kinds) {
      const view = viewOf(parts[kind]);
      expect(Object.keys(view.properties).sort()).toEqual([...(known.get(kind) ?? [])].sort());
      for (const name of ["constructor", "__proto__", "toString", "absent"]) {
        expect(view.getProperty(name)).toBeUndefined();
        expect(view.properties[name]).toBeUndefined();
      }
    }
    expect(viewOf(parts.tool_call).properties).toEqual({ namespace: "fs", tool_id: "c-1" });
    expect(viewOf(parts.prompt_result).getProperty("message_count")).toBe(1);
    expect(callWith({}).properties).toEqual({ tool_id: "c-1" });
  });
});

const texts = {
  request: { environment: "test", request_id: "r" },
  agent: {
    input: "hi",
    session_id: "s",
    conversation_id: "c",
    turn: 0,
    agent_id: "a",
    parent_agent_id: "p",
  },
};

describe("who is behind it", () => {
  it("accessors", () => {
    verifies("part:accessors");
    const bare = viewOf(parts.tool_call);
    const extensions = createExtensions({
      ...texts,
      security: everything.security as never,
      http: everything.http,
    });
    const view = viewOf(parts.tool_call, { extensions });
    const accessors = rowsOf("Accessors").flatMap(([names]) => codeIn(names));
    const camel = (name: string) => name.replaceAll(/_(.)/g, (_, c: string) => c.toUpperCase());
    const answerOf = (of: PartInfo, name: string) => of[camel(name) as keyof PartInfo];
    const given = accessors.filter((name) => name !== "input");
    expect(given.length).toBe(16);
    expect(Object.fromEntries(given.map((name) => [name, answerOf(view, name)]))).toEqual({
      environment: "test",
      request_id: "r",
      subject: extensions.security?.subject,
      roles: ["admin"],
      permissions: ["read"],
      teams: ["core"],
      labels: ["PII"],
      agent_input: "hi",
      session_id: "s",
      conversation_id: "c",
      turn: 0,
      agent_id: "a",
      parent_agent_id: "p",
      headers: { "X-A": "1" },
      object: undefined,
      data_policy: undefined,
    });
    for (const name of given) {
      const none = ["roles", "permissions", "teams", "labels"].includes(name)
        ? []
        : name === "headers"
          ? {}
          : undefined;
      expect(answerOf(bare, name), name).toEqual(none);
    }
  });

  it("report what the extensions show, and nothing else", () => {
    verifies("part:shown-only");
    const cut = filterExtensions(full, ["read_roles"]);
    const view = viewOf(parts.tool_call, { extensions: cut });
    expect(view.roles).toEqual(["admin"]);
    expect(view.subject).toBe(cut.security?.subject);
    expect([view.teams, view.permissions, view.labels, view.headers]).toEqual([[], [], [], {}]);
    expect([view.sessionId, view.turn, view.getHeader("x-a")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([view.hasLabel("PII"), view.hasHeader("X-A"), view.hasRole("admin")]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("headers of both generations", () => {
    verifies("part:headers", "part:header-case");
    const http = {
      headers: { "X-A": "1", "x-a": "2", Authorization: "s" },
      request_headers: { "x-A": "3", "X-B": "4", "x-b": "5" },
    };
    const view = viewOf(parts.text, { extensions: createExtensions({ http }) });
    expect(view.headers).toEqual({ ...http.headers, "X-B": "4", "x-b": "5" });
    expect(["x-a", "X-A", "x-B", "AUTHORIZATION"].map((name) => view.getHeader(name))).toEqual([
      "1",
      "1",
      "4",
      "s",
    ]);
    expect(view.hasHeader("x-c")).toBe(false);
    const newer = createExtensions({ http: { request_headers: { E: "" } } });
    expect(viewOf(parts.text, { extensions: newer }).headers).toBe(newer.http?.request_headers);
    expect(viewOf(parts.text, { extensions: newer }).hasHeader("e")).toBe(true);
    const older = createExtensions({ http: { headers: { E: "" }, request_headers: {} } });
    expect(viewOf(parts.text, { extensions: older }).headers).toBe(older.http?.headers);
  });

  it("profile and policy of the entity", () => {
    verifies("part:entity");
    const profile = (scope: string) => ({ data_scope: [scope] });
    const policy = (label: string) => ({ apply_labels: [label] });
    const security = {
      objects: { read: profile("tool"), "db://pier/42": profile("uri"), "": profile("empty") },
      data: { log: policy("NAME"), "file:///pier/log.txt": policy("URI"), "": policy("EMPTY") },
    };
    const extensions = createExtensions({ security });
    const of = (part: Parameters<typeof viewOf>[0]) => viewOf(part, { extensions });
    expect(of(parts.tool_call).object?.data_scope).toEqual(["tool"]);
    expect(of(parts.tool_result).object?.data_scope).toEqual(["tool"]);
    expect(of(parts.resource_ref).object?.data_scope).toEqual(["uri"]);
    expect(of(parts.resource).dataPolicy?.apply_labels).toEqual(["NAME"]);
    expect(of(parts.resource).object).toBeUndefined();
    expect(of(parts.text).object).toBeUndefined();
    const other = createExtensions({ security: { objects: { "tool://fs/read": profile("x") } } });
    expect(viewOf(parts.tool_call, { extensions: other }).object).toBeUndefined();
    const nameless = {
      content_type: "resource_ref",
      content: { resource_request_id: "1", uri: "", name: "", resource_type: "file" },
    } as const;
    expect([of(nameless).object, of(nameless).dataPolicy]).toEqual([undefined, undefined]);
  });

  it("helpers are exact", () => {
    verifies("part:exact");
    const view = viewOf(parts.text, { extensions: full });
    for (const [helper, word] of [
      ["hasRole", "admin"],
      ["hasPermission", "read"],
      ["hasLabel", "PII"],
    ] as const) {
      expect(view[helper](word)).toBe(true);
      expect(view[helper](word === "PII" ? "pii" : word.toUpperCase())).toBe(false);
      expect(view[helper](`${word} `)).toBe(false);
      expect(view[helper]("")).toBe(false);
    }
  });

  it("URI patterns", () => {
    verifies("part:pattern");
    const call = viewOf(parts.tool_call);
    for (const [pattern, fits] of [
      ["tool://fs/read", true],
      ["tool://*/read", true],
      ["tool://*", false],
      ["tool://**", true],
      ["**", true],
      ["tool://fs/rea", false],
      ["tool://fs/read?", false],
    ] as const) {
      expect(call.matchesUriPattern(pattern), pattern).toBe(fits);
    }
    const resource = (uri: string) =>
      viewOf({
        content_type: "resource",
        content: { resource_request_id: "1", uri, resource_type: "file" },
      });
    expect(resource("file:///a\n").matchesUriPattern("file:///a")).toBe(false);
    expect(resource("a\nb/c").matchesUriPattern("a**")).toBe(true);
    for (const none of [viewOf(parts.text), resource("")]) {
      expect(none.matchesUriPattern("**")).toBe(false);
      expect(none.matchesUriPattern("")).toBe(false);
    }
  });

  it("URI patterns in linear time", () => {
    verifies("part:pattern-time");
    // In quadratic time this would take hours, and the test runner would end the test.
    const view = viewOf({
      content_type: "resource_ref",
      content: {
        resource_request_id: "1",
        uri: "a/".repeat(1_000_000),
        resource_type: "file",
      },
    });
    expect(view.matchesUriPattern("**a*b**a*/*b**c")).toBe(false);
    expect(view.matchesUriPattern("**a*/**a*/")).toBe(true);
  });
});

describe("serialised", () => {
  it("has the keys of the table", () => {
    verifies("part:serialized");
    const rows = rowsOf("Key");
    const keys = rows.flatMap(([names]) => codeIn(names));
    const view = viewOf(parts.tool_call, { extensions: full, hook: "" });
    const shown = new Set(
      kinds.flatMap((kind) =>
        Object.keys(serializePart(viewOf(parts[kind], { extensions: full, hook: "" }))),
      ),
    );
    expect([...shown].sort()).toEqual([...keys].sort());
    expect(plain(serializePart(view, { context: false }))).toEqual({
      kind: "tool_call",
      role: "assistant",
      is_pre: true,
      is_post: false,
      action: "execute",
      hook: "",
      uri: "tool://fs/read",
      name: "read",
      content: '{"path":"/a","none":null}',
      size_bytes: 25,
      arguments: { path: "/a", none: null },
      properties: { namespace: "fs", tool_id: "c-1" },
    });
    const always = ["kind", "role", "is_pre", "is_post", "action"];
    const bare = { content: false, context: false };
    expect(Object.keys(serializePart(viewOf(parts.text), bare))).toEqual(always);
    expect(Object.keys(serializePart(view, bare))).toContain("arguments");
    const withProperties = kinds.filter(
      (kind) => "properties" in serializePart(viewOf(parts[kind])),
    );
    expect(withProperties.length).toBe(5);
    const request = { prompt_request_id: "1", name: "n", arguments: {} };
    const empty = serializePart(viewOf({ content_type: "prompt_request", content: request }));
    expect(empty.properties).toEqual({});
    const nameless = {
      content_type: "resource",
      content: {
        resource_request_id: "1",
        uri: "",
        name: "",
        mime_type: "",
        resource_type: "file",
      },
    } as const;
    expect(Object.keys(serializePart(viewOf(nameless)))).toEqual([...always, "properties"]);
  });

  it("has the context", () => {
    verifies("part:context", "part:no-claims");
    const security = {
      ...everything.security,
      objects: { read: { permissions: ["call"] } },
      data: { read: { apply_labels: ["EU"], retention: { max_age_seconds: 5 } } },
    };
    const extensions = createExtensions({ ...everything, ...texts, security } as never);
    expect(plain(serializePart(viewOf(parts.tool_call, { extensions })).extensions)).toEqual({
      subject: {
        id: "ada",
        type: "user",
        roles: ["admin"],
        permissions: ["read"],
        teams: ["core"],
      },
      environment: "test",
      labels: ["PII"],
      headers: { "X-A": "1" },
      object: { managed_by: "host", permissions: ["call"], data_scope: [] },
      data: {
        apply_labels: ["EU"],
        denied_actions: [],
        retention: { max_age_seconds: 5, policy: "persistent" },
      },
      agent: texts.agent,
    });
    const nothing = {
      request: { environment: "", request_id: "r" },
      agent: { input: "", session_id: "" },
      http: { headers: { cookie: "c" } },
      security: { labels: [] },
    };
    const silent = viewOf(parts.text, { extensions: createExtensions(nothing) });
    expect("extensions" in serializePart(silent)).toBe(false);
    const first = createExtensions({ agent: { turn: 0 } });
    expect(serializePart(viewOf(parts.text, { extensions: first })).extensions).toEqual({
      agent: { turn: 0 },
    });
  });

  it("has no sensitive header", () => {
    verifies("part:sensitive-headers");
    const names = ["Authorization", "COOKIE", "x-Api-Key", "Set-Cookie", "proxy-authorization"];
    const disguised = names.flatMap((name) => [name, ` ${name}`, `${name}\t`, `\u00a0${name}\n`]);
    const headers = Object.fromEntries([...disguised, "X-Api-Key-Id", "A"].map((n) => [n, "v"]));
    for (const http of [{ headers }, { request_headers: headers }]) {
      const view = viewOf(parts.text, { extensions: createExtensions({ http }) });
      expect(serializePart(view).extensions?.headers).toEqual({ "X-Api-Key-Id": "v", A: "v" });
      expect(Object.keys(view.headers).length).toBe(22);
    }
  });

  it("for a policy engine is the same under one key", () => {
    verifies("part:policy-input", "part:data");
    for (const kind of kinds) {
      const view = viewOf(parts[kind], { extensions: full });
      for (const content of [true, false]) {
        const input = toPolicyInput(view, { content });
        expect(input).toEqual({ input: serializePart(view, { content }) });
        expect(JSON.parse(JSON.stringify(input))).toEqual(input);
        expect(Object.isFrozen(input) && Object.isFrozen(input.input)).toBe(true);
      }
    }
  });

  it("has no key without a value", () => {
    verifies("part:data");
    const extensions = createExtensions({ security: { subject: {} } });
    const { subject = {} } = serializePart(viewOf(parts.text, { extensions })).extensions ?? {};
    expect(Object.keys(subject)).toEqual(["roles", "permissions", "teams"]);
  });
});

describe("misuse", () => {
  it("of extensions and views is refused", () => {
    verifies("part:made-here");
    for (const extensions of [{}, { security: { labels: [] } }, [], "x", new Proxy(full, {})]) {
      const options = { extensions } as never;
      expect(codeOf(() => viewOf(parts.text, options))).toBe("extensions_invalid");
    }
    expect(viewOf(parts.text, { extensions: null }).labels).toEqual([]);
    const view = viewOf(parts.text);
    for (const other of [
      {},
      null,
      undefined,
      { ...view },
      Object.create(view),
      new Proxy(view, {}),
    ]) {
      expect(codeOf(() => serializePart(other as never))).toBe("part_invalid");
      expect(codeOf(() => toPolicyInput(other as never))).toBe("part_invalid");
    }
  });

  it("of options is refused", () => {
    verifies("part:options");
    for (const options of [null, "x", { hooks: "a" }, { hook: 1 }, { extension: full }]) {
      expect(codeOf(() => partsOf(messageOf([]), options as never))).toBe("options_invalid");
    }
    const view = viewOf(parts.text);
    for (const options of [null, { contents: true }, { content: 1 }, { context: "no" }]) {
      expect(codeOf(() => serializePart(view, options as never))).toBe("options_invalid");
    }
    expect(codeOf(() => toPolicyInput(view, { context: false } as never))).toBe("options_invalid");
  });
});
