/** The arguments of a guard: a mistake would leave a connection unguarded. */
import { createExtensions, createPluginManager } from "glassine";
import { guardTools } from "glassine/ai-sdk";
import { guardModel } from "glassine/http";
import { memoryLabelStore } from "glassine/labels";
import { createGuard, type GuardEvent, type GuardOptions, guardErrorCodes } from "glassine/mcp";
import { chatCompletions } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { RawTransport, rawGuard, toolCall } from "./support/raw.ts";

const manager = fakeManager();
const store = memoryLabelStore();

class Inherits {
  envelope(): object {
    return {};
  }
}

function faultOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ name: "GlassineError", code: "options_invalid" });
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

describe("the options of a guard", () => {
  it.each<[string, unknown, RegExp]>([
    ["a misspelt name", { envelop: () => ({}) }, /no option "envelop". Did you mean "envelope"/],
    [
      "an envelope that is made already",
      { envelope: createExtensions({}) },
      /a function as envelope/,
    ],
    ["no object", () => ({}), /options in an object/],
    ["a method of a class", new Inherits(), /its options in an object, got an instance of a class/],
    ["another word for onDeny", { onDeny: "result" }, /as onDeny, got "result"/],
    ["a slip in a word", { onDeny: "tool_resulf" }, /Did you mean "tool_result"/],
    ["pass that is not a list", { pass: "lists" }, /an array as pass, got a string/],
    [
      "another word in pass",
      { pass: ["list"] },
      /as each of pass, got "list"\. Did you mean "lists"/,
    ],
    ["a number as serverId", { serverId: 7 }, /"serverId" expects a string/],
    ["an invalid observer", { onResult: {} }, /a function as onResult/],
    ["labels that are a store", { labels: store }, /as labels.store, with labels.session/],
    ["labels that are a switch", { labels: true }, /labels of createGuard expects its options/],
    ["labels that are null", { labels: null }, /labels of createGuard expects its options/],
    [
      "a slip in labels",
      { labels: { sessions: "ada" } },
      /no option "sessions". Did you mean "session"/,
    ],
    ["an invalid store", { labels: { store: {}, session: "s" } }, /with load and append/],
    ["a store without a session", { labels: { store } }, /labels.session with labels.store/],
    [
      "another word for a failing store",
      { labels: { onStoreError: "ignored" } },
      /Did you mean "ignore"/,
    ],
    ["a slip in fromWire", { labels: { fromWire: { metas: () => [] } } }, /Did you mean "meta"/],
    ["an invalid mapping", { labels: { fromWire: { meta: {} } } }, /a function as meta/],
  ])("are refused: %s", (_, options, words) => {
    verifies("mcp:guard-arguments");
    const text = faultOf(() => createGuard(manager, options as never));
    expect(text).toMatch(words);
  });

  it("may be left out, one by one or all together", () => {
    const none = { envelope: undefined, onDeny: undefined, labels: undefined };
    expect(() => createGuard(manager, none as never)).not.toThrow();
    expect(() => createGuard(manager)).not.toThrow();
  });

  it("are not affected by later changes", async () => {
    const options: { onDeny: "error" | "tool_result"; envelope: () => object } = {
      onDeny: "error",
      envelope: () => ({}),
    };
    const { peer, sent } = await rawGuard(manager, options);
    options.envelope = () => {
      throw new Error("changed");
    };
    peer(toolCall(1));
    await settle();
    expect(sent()).toEqual([]);
  });
});

describe("the manager", () => {
  it.each<[string, unknown, RegExp]>([
    ["a transport", new RawTransport(), /a plugin manager, got a transport. Pass transports to/],
    ["no manager", undefined, /a plugin manager, got nothing/],
    ["a manager to come", createPluginManager({ plugins: [] }), /got a promise. Await/],
    ["plugins", [], /got an array/],
    ["options", { onDeny: "error" }, /got an object/],
  ])("is refused: %s", (_, given, words) => {
    expect(faultOf(() => createGuard(given as never))).toMatch(words);
    expect(faultOf(() => createGuard(manager).use(given as never))).toMatch(words);
  });
});

it.each<[string, (manager: never) => unknown]>([
  ["createGuard", (given) => createGuard(given)],
  ["guardModel", (given) => guardModel(chatCompletions, given)],
  ["guardTools", (given) => guardTools({}, given)],
])("a manager without the standard hooks is refused by %s", async (_, guards) => {
  const { createPluginManager: managerOfNode } = await import("glassine/memory-node");
  const node = await managerOfNode({ plugins: [] });
  expect(faultOf(() => guards(node as never))).toMatch(/the standard hooks/);
});

describe("what is wrapped", () => {
  const guard = createGuard(manager);

  it.each<[string, unknown, unknown, RegExp]>([
    ["no transport", undefined, {}, /a transport with start, send and close, got nothing/],
    ["an address", "http://localhost", {}, /got a string/],
    [
      "a transport that something is connected to",
      Object.assign(new RawTransport(), { onmessage: () => {} }),
      {},
      /nothing is connected to, got one with a message handler. Wrap it first/,
    ],
    ["a number as session", new RawTransport(), { session: 7 }, /"session" expects a string/],
    ["another option", new RawTransport(), { sesion: "s" }, /Did you mean "session"/],
  ])("is refused: %s", (_, transport, options, words) => {
    expect(faultOf(() => guard.wrap(transport as never, options as never))).toMatch(words);
  });

  it.each<[string, unknown, unknown, RegExp]>([
    ["no factory", {}, undefined, /a function that makes a server, got an object/],
    ["an invalid session", () => ({}), "s", /a function as its second argument, got a string/],
  ])("is refused as a factory: %s", (_, factory, session, words) => {
    expect(faultOf(() => guard.factory(factory as never, session as never))).toMatch(words);
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /returns a server with connect, got one that returned nothing\.$/],
    ["null", null, /got one that returned null\.$/],
    ["a server's class", class Server {}, /got one that returned a function\.$/],
    ["a server without connect", { server: {} }, /got one that returned an object\.$/],
  ])("is not a server if its factory returns %s", async (_, made, words) => {
    for (const factory of [() => made, async () => made]) {
      const make = guard.factory<object, object>(factory as never);
      const failed: unknown = await Promise.resolve(make({})).catch((error: unknown) => error);
      expect(failed).toMatchObject({ name: "GlassineError", code: "options_invalid" });
      expect((failed as Error).message).toMatch(words);
    }
  });

  it.each<[string, readonly unknown[], RegExp]>([
    ["no server", [new RawTransport()], /^guard\.bridge expects a transport .* got nothing/],
    ["no caller", [undefined, new RawTransport()], /^guard\.bridge expects .* got nothing/],
    [
      "a server's end that something is connected to",
      [new RawTransport(), Object.assign(new RawTransport(), { onmessage: () => {} })],
      /^guard\.bridge expects .* Pass it before anything is connected to it\.$/,
    ],
    ["another option", [new RawTransport(), new RawTransport(), { sesion: "s" }], /guard\.bridge/],
  ])("is refused by bridge: %s", (_, given, words) => {
    expect(faultOf(() => guard.bridge(...(given as Parameters<typeof guard.bridge>)))).toMatch(
      words,
    );
  });

  it("is not ended by anything but a session", () => {
    const fault = expect.objectContaining({ code: "session_invalid" });
    for (const session of [1, undefined, ""]) {
      expect(() => guard.endSession(session as never)).toThrow(fault);
    }
    expect(() => guard.endSession("unknown")).not.toThrow();
  });

  it("has a session of the right size", () => {
    const fault = expect.objectContaining({ code: "session_invalid" });
    expect(() => guard.wrap(new RawTransport(), { session: "" })).toThrow(fault);
  });
});

describe("an invalid envelope", () => {
  it.each([undefined, null, "ada", 7, [[]]])("refuses its request: %j", async (made) => {
    verifies("mcp:guard-arguments");
    const events: GuardEvent[] = [];
    const { peer, sent, received } = await rawGuard(manager, {
      envelope: (() => made) as never,
      onResult: (event) => events.push(event),
    });
    peer(toolCall(1));
    await settle();
    expect(received()).toEqual([]);
    expect(sent()).toMatchObject([{ error: { code: guardErrorCodes.failed } }]);
    expect(events).toMatchObject([{ point: "envelope", error: { code: "extensions_shape" } }]);
  });

  it("does not compile if the function returns nothing", () => {
    const options: GuardOptions[] = [
      // @ts-expect-error: nothing is returned
      { envelope: () => {} },
      // @ts-expect-error: nothing is returned
      { envelope: async () => {} },
      // @ts-expect-error: nothing is returned on one way
      { envelope: ({ authInfo }) => (authInfo === undefined ? undefined : {}) },
      // @ts-expect-error: a store wants to know the session
      { labels: { store } },
      { envelope: () => createExtensions({}), labels: { store, session: "s" } },
      { envelope: async () => ({ security: { labels: ["PII"] } }), labels: {} },
      { envelope: () => Promise.reject(new Error("no")), labels: { session: "s" } },
    ];
    expect(options).toHaveLength(7);
  });
});
