import vm from "node:vm";
import { createExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../property-tests/support/outcome.ts";
import { codeOf, refusalOf } from "./support.ts";

const empty = createExtensions({});
const merge = (returned: unknown) => mergeExtensions(empty, returned, ["append_labels"]);

describe("where a problem is", () => {
  const placesOf = (input: unknown) =>
    refusalOf(() => createExtensions(input as never)).data.problems?.map(({ path, code }) => [
      path.join("/"),
      code,
    ]);

  it("is reported to a host by the keys from the root, all problems at once", () => {
    const input = {
      agent: { turn: -1, conversation: { history: [{}, { at: Number.NaN }] } },
      custom: { list: [1, { f: () => 0 }] },
      http: { headers: { "x-a": 5 } },
      security: { labels: ["ok", ""], subject: { id: 5 } },
    };
    expect(placesOf(input)).toEqual([
      ["custom/list/1/f", "snapshot_type"],
      ["agent/turn", "extensions_shape"],
      ["agent/conversation/history/1/at", "snapshot_type"],
      ["http/headers/x-a", "extensions_shape"],
      ["security/labels/1", "label_invalid"],
      ["security/subject/id", "extensions_shape"],
    ]);
  });

  it("is reported inside a part that keeps unknown fields", () => {
    const hop = {
      subject_id: "s",
      subject_type: "user",
      authorization_details: [{ type: "t" }, { type: 5 }, {}],
    };
    expect(placesOf({ delegation: { chain: [hop] } })).toEqual([
      ["delegation/chain/0/authorization_details/1/type", "extensions_shape"],
      ["delegation/chain/0/authorization_details/2/type", "extensions_shape"],
    ]);
  });

  it("is reported for a plugin's value by known names only", () => {
    const error = refusalOf(() => merge({ custom: { "sk-secret": { deeper: Number.NaN } } }));
    expect(error.data).toEqual({ slot: "custom" });
    expect(error.message).not.toContain("sk-secret");
    const unknown = refusalOf(() => merge({ "raw\u0131_credentials": {} }));
    expect([unknown.code, unknown.data.slot]).toEqual(["slot_unknown", "(extensions)"]);
    expect(unknown.message).not.toContain("credentials");
  });
});

describe("an object that looks plain and yet runs code", () => {
  /** The global object of a context whose sandbox is a proxy, disguised as a plain object. */
  function contextified(handler: ProxyHandler<object>) {
    const sandbox = new Proxy({ a: 1, b: { c: 2 } }, handler);
    const dressed = vm.runInContext("this", vm.createContext(sandbox)) as object;
    return Object.setPrototypeOf(dressed, Object.prototype) as object;
  }

  it("is refused with a code if it throws", () => {
    let armed = false;
    const armable = (read: (target: object, key: string | symbol) => unknown) => {
      return (target: object, key: string | symbol) => {
        if (armed) throw new Error("boom");
        return read(target, key);
      };
    };
    const value = contextified({
      ownKeys: armable(Reflect.ownKeys) as never,
      getOwnPropertyDescriptor: armable(Reflect.getOwnPropertyDescriptor) as never,
    });
    armed = true;
    expect(codeOf(() => merge({ custom: value }))).toBe("snapshot_proxy");
    expect(codeOf(() => createExtensions({ custom: value as never }))).toBe("extensions_invalid");
  });

  it("is refused, or copied as it was when it was read", () => {
    let reads = 0;
    const value = contextified({ get: (_target, key) => (key === "a" ? { reads: ++reads } : 1) });
    const outcome = outcomeOf(() => merge({ custom: { value } }));
    const text = outcome.ok ? JSON.stringify(outcome.value.extensions) : outcome.code;
    Reflect.set(value, "a", "later");
    expect(outcome.ok ? JSON.stringify(outcome.value.extensions) : outcome.code).toBe(text);
  });
});
