// A process of its own: walking the realm reads getters that have side effects.
/** A patched realm: a plugin replaces built-ins after the library has loaded. */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import * as root from "glassine";
import * as audit from "glassine/audit";
import * as host from "glassine/host";
import * as labels from "glassine/labels";
import * as mcp from "glassine/mcp";
import * as messages from "glassine/messages";
import * as remote from "glassine/remote";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { bundle } from "../support/bundle.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { hostChecksWithPush, messagesWithPush } from "./realm-checks.ts";
import {
  arrayLies,
  defaultsWithIsArray,
  editsWithAssign,
  editsWithFind,
  editsWithIteration,
  guardsWithConditions,
  guardsWithNames,
  managersWhilePatched,
  textLies,
} from "./realm-moments.ts";
import { patches } from "./realm-patches.ts";
import type { Played } from "./realm-program.ts";

let folder = "";
const played = new Map<string, Played>();

// Patches would affect the test runner, so all of them run in a separate process.
beforeAll(async () => {
  // A folder for this process: concurrent test runs must not remove each other's.
  const { program } = await bundle(`attacks-realm-${process.pid}`, {
    program: "test/attacks/realm-program.ts",
  });
  folder = dirname(program);
  const { code, output, complaints } = await run(
    process.execPath,
    ["--no-deprecation", program],
    180_000,
  );
  expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
  for (const line of output.trim().split("\n")) {
    const each = JSON.parse(line) as Played;
    played.set(`${each.attack} ${each.name}`, each);
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each patch of an attack changes nothing, and is never called while reading and merging. */
function comesOutAsEver(number: string): void {
  it.each(Object.keys(patches[number] ?? {}))("%s", (name) => {
    verifies("dispatch:realm-captured");
    const outcome = played.get(`${number} ${name}`);
    expect(outcome?.differs).toEqual([]);
    expect(outcome?.calledInMerge).toEqual([]);
    expect(outcome?.unsound).toEqual([]);
    expect(outcome?.left).toEqual([]);
  });
}

attack(
  "A-159",
  "Give all objects a `then`, so that every result passes for a promise",
  "runs are unaffected: results have their own `then`, which is `undefined`",
  () => comesOutAsEver("A-159"),
);

attack(
  "A-160",
  "Replace promise methods, functions of `Promise`, or `Promise` itself",
  "runs are unaffected",
  () => comesOutAsEver("A-160"),
);

attack(
  "A-161",
  "Replace array methods and iteration, or put index setters on all arrays and objects",
  "runs are unaffected; reading and merging call none of the replacements",
  () => {
    comesOutAsEver("A-161");
    editsWithFind();
    editsWithIteration();
    managersWhilePatched();
    guardsWithConditions(arrayLies);
    messagesWithPush();
    hostChecksWithPush();
  },
);

attack(
  "A-162",
  "Replace the methods or constructors of maps, sets, weak maps and weak sets",
  "runs are unaffected; reading and merging call none of the replacements",
  () => comesOutAsEver("A-162"),
);

attack(
  "A-163",
  "Replace the functions of `Object`, `Reflect`, `Array`, `Number` and `Math`",
  "runs are unaffected; reading and merging call none of the replacements",
  () => {
    comesOutAsEver("A-163");
    editsWithAssign();
    defaultsWithIsArray();
  },
);

attack(
  "A-164",
  "Replace methods and flags of regular expressions, or modify one reachable from an export",
  "runs are unaffected; no export is or holds a regular expression in use",
  () => {
    comesOutAsEver("A-164");

    it("finds no regular expression in the exports, except inside zod's schemas", () => {
      const found = patternsIn({ root, audit, host, labels, messages, remote, mcp });
      expect(found.filter(({ path }) => !path.includes("._zod."))).toEqual([]);
    });

    it("modifies those, to no effect", () => {
      const found = patternsIn({ root, audit, host, labels, messages, remote, mcp });
      expect(found.length).toBeGreaterThan(0);
      const before = found.map(({ pattern }) => [pattern.source, pattern.flags] as const);
      const read = () => [
        messages.createMessage({ role: "user", content: [{ content_type: "text", text: "Ahoy" }] }),
        root.createExtensions({ security: { labels: ["PII"] } }),
      ];
      const expected = read();
      for (const { pattern } of found) pattern.compile("never^");
      const rewritten = read();
      found.forEach(({ pattern }, at) => {
        pattern.compile(...(before[at] as [string, string]));
      });
      expect(rewritten).toEqual(expected);
    });
  },
);

/** Every regular expression that is reachable through own properties and getters. */
function patternsIn(exports: object): readonly { path: string; pattern: RegExp }[] {
  const seen = new Set<unknown>();
  const found: { path: string; pattern: RegExp }[] = [];
  const visit = (value: unknown, path: string) => {
    const isObject = typeof value === "object" && value !== null;
    if ((!isObject && typeof value !== "function") || seen.has(value)) return;
    seen.add(value);
    if (value instanceof RegExp) found.push({ path, pattern: value });
    for (const key of Reflect.ownKeys(value as object)) {
      try {
        visit(Reflect.get(value as object, key), `${path}.${String(key)}`);
      } catch {
        // A getter that needs another receiver.
      }
    }
  };
  visit(exports, "exports");
  return found;
}

attack(
  "A-165",
  "Replace string methods and functions of `String`",
  "runs are unaffected; reading and merging call none of the replacements",
  () => {
    comesOutAsEver("A-165");
    guardsWithConditions(textLies);
  },
);

attack(
  "A-166",
  "Replace functions of `JSON`, or give all arrays, objects or strings a `toJSON`",
  "runs are unaffected, and encoded text is the same",
  () => comesOutAsEver("A-166"),
);

attack(
  "A-167",
  "Give all objects descriptor attributes, or names of slots, results, options and anything else the sources read",
  "runs are unaffected: nothing is looked up on a prototype",
  () => {
    comesOutAsEver("A-167");
    guardsWithNames();
  },
);

attack(
  "A-168",
  "Replace `call`, `apply`, `bind`, what `instanceof` returns, or the species of arrays, promises and regular expressions",
  "runs are unaffected; reading and merging call none of the replacements",
  () => comesOutAsEver("A-168"),
);

attack(
  "A-169",
  "Take over how stacks are captured and formatted, or replace `Error`",
  "every error has its code and text, and no hidden value is exposed",
  () => {
    comesOutAsEver("A-169");

    it("exposes nothing hidden in this library's errors to code that formats stacks", () => {
      const canary = "hidden-canary";
      const seen: unknown[] = [];
      const extensions = root.createExtensions({
        security: {
          labels: [canary],
          subject: { id: canary, type: "user", claims: { [canary]: canary } },
        },
        http: { headers: { authorization: canary } },
      });
      const { prepareStackTrace } = Error;
      Error.prepareStackTrace = (error) => {
        seen.push(error);
        return canary.slice(0, 3);
      };
      try {
        for (const attempt of attempts(extensions)) {
          const thrown = caught(attempt);
          expect(root.isGlassineError(thrown)).toBe(true);
          void (thrown as Error).stack;
        }
      } finally {
        Error.prepareStackTrace = prepareStackTrace;
      }
      expect(seen.length).toBeGreaterThan(2);
      for (const error of seen as root.GlassineError[]) {
        const text = [error.message, JSON.stringify(error.data), String(error.cause)].join(" ");
        expect(text).not.toContain(canary);
      }
    });
  },
);

function attempts(extensions: root.Extensions): readonly (() => unknown)[] {
  const caps = ["append_labels", "read_subject"] as const;
  return [
    () => root.mergeExtensions(extensions, { security: { labels: [] } }, caps),
    () => root.mergeExtensions(extensions, { agent: { turn: 9 } }, caps, { strict: true }),
    () => root.createExtensions({ ...extensions, request: { request_id: 1 } } as never),
    () => root.withSlots(extensions, { security: { labels: [] } }),
  ];
}

function caught(run: () => unknown): unknown {
  try {
    run();
  } catch (thrown) {
    return thrown;
  }
  throw new Error("The call went through.");
}

attack(
  "A-170",
  "Replace platform functions: cloning, queues, URLs, bytes, aborts, clocks and timers",
  "runs are unaffected: the functions are captured, or not used",
  () => comesOutAsEver("A-170"),
);

attack(
  "A-171",
  "Apply any of these patches while the host watches",
  '`detectTampering` names each property; with `tampering: "deny"` nothing runs and the violation is `realm_tampered`',
  () => {
    const named = Object.entries(patches).flatMap(([number, group]) =>
      Object.entries(group).map(([name, patch]) => ({ key: `${number} ${name}`, patch })),
    );

    it.each(named)("$key", ({ key, patch }) => {
      verifies("dispatch:tampering-detected");
      expect(patch.changes.length).toBeGreaterThan(0);
      // Only the first thousand changes are reported.
      expect([...(played.get(key)?.detected ?? [])].sort()).toEqual(
        patch.changes.slice(0, 1000).sort(),
      );
    });

    describe("denied", () => {
      it.each(named)("$key", ({ key }) => {
        verifies("dispatch:tampering-denied");
        expect(played.get(key)?.denied).toBe("realm_tampered realm_tampered skipped");
      });
    });
  },
);
