/** Tests that every label store must pass. */
import type { LabelStore } from "glassine/labels";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

/** @param make a store without any session */
export function storeSuite(name: string, make: () => LabelStore): void {
  describe(`a label store ${name}`, () => {
    it("returns all appended labels, sorted, without duplicates and frozen", async () => {
      verifies("labels:store-union");
      const store = make();
      expect(await store.load("s")).toEqual([]);
      expect(await store.append("s", ["b", "a", "b"])).toEqual(["a", "b"]);
      expect(await store.append("s", ["c", "a"])).toEqual(["a", "b", "c"]);
      expect(await store.append("s", [])).toEqual(["a", "b", "c"]);
      const loaded = await store.load("s");
      expect(loaded).toEqual(["a", "b", "c"]);
      expect(Object.isFrozen(loaded)).toBe(true);
      expect(Object.isFrozen(store)).toBe(true);
    });

    it("sorts by code point, and keeps labels beyond ASCII", async () => {
      const labels = ["\u{1f512}", "\uffe6", "Änderung", "PII"];
      const store = make();
      expect(await store.append("s", labels)).toEqual(["PII", "Änderung", "\uffe6", "\u{1f512}"]);
      expect(await store.load("s")).toEqual(["PII", "Änderung", "\uffe6", "\u{1f512}"]);
    });

    it("loses nothing that is appended concurrently", async () => {
      const store = make();
      const labels = Array.from({ length: 64 }, (_, at) => `L${String(at).padStart(2, "0")}`);
      const seen = await Promise.all(labels.map((label) => store.append("s", [label])));
      labels.forEach((label, at) => void expect(seen[at]).toContain(label));
      expect(await store.load("s")).toEqual(labels);
    });

    it("keeps sessions apart, whatever their names are", async () => {
      verifies("labels:store-apart");
      const names = [
        "a",
        "A",
        "a ",
        "",
        "a\0",
        "a:b",
        "a}b{",
        "__proto__",
        "toString",
        "*",
        "ä",
        "a\u0308",
      ];
      const sessions = names.filter((name) => name !== "");
      const store = make();
      for (const [at, session] of sessions.entries()) await store.append(session, [`L${at}`]);
      for (const [at, session] of sessions.entries())
        expect(await store.load(session)).toEqual([`L${at}`]);
    });

    it("is not affected by later changes of the caller's list", async () => {
      const store = make();
      const labels = ["a"];
      const appending = store.append("s", labels);
      labels.push("b");
      labels[0] = "c";
      await appending;
      expect(await store.load("s")).toEqual(["a"]);
    });

    it("refuses an invalid label, and changes nothing", async () => {
      verifies("labels:store-limits");
      const store = make();
      const bad: unknown[] = ["", " a", "a\nb", "a\u200bb", "x".repeat(129), "\ud800", 1, null];
      for (const label of bad) {
        await expect(store.append("s", ["good", label as string])).rejects.toMatchObject({
          code: "label_invalid",
        });
      }
      for (const labels of [undefined, null, "PII", new Set(["PII"]), new Array(2)]) {
        await expect(store.append("s", labels as never)).rejects.toMatchObject({
          code: "label_invalid",
        });
      }
      expect(await store.load("s")).toEqual([]);
    });

    it("refuses a label too many, and forgets none for it", async () => {
      verifies("labels:store-limits");
      const store = make();
      const labels = Array.from({ length: 256 }, (_, at) => `L${at}`);
      await store.append("s", labels.slice(0, 200));
      await expect(store.append("s", [...labels, "more"])).rejects.toMatchObject({
        code: "label_store_full",
      });
      expect(await store.load("s")).toHaveLength(200);
      expect(await store.append("s", labels)).toHaveLength(256);
      await expect(store.append("s", ["more"])).rejects.toMatchObject({ code: "label_store_full" });
      expect(await store.append("s", ["L7"])).toHaveLength(256);
      expect(await store.append("other", ["more"])).toEqual(["more"]);
    });

    it("refuses an invalid session", async () => {
      verifies("labels:store-session");
      const store = make();
      const bad: unknown[] = ["", "x".repeat(1025), "\ud800", "a\udc00", undefined, null, 1, {}];
      for (const session of bad) {
        const fault = { code: "session_invalid" };
        await expect(store.load(session as string)).rejects.toMatchObject(fault);
        await expect(store.append(session as string, ["a"])).rejects.toMatchObject(fault);
      }
      expect(await store.append("x".repeat(1024), ["a"])).toEqual(["a"]);
    });

    it("names no session and no label in an error", async () => {
      const store = make();
      await store.append("session-secret", ["HIDDEN"]);
      const errors = await Promise.all(
        [
          store.append("session-secret", ["\u200b"]),
          store.append(
            "session-secret",
            Array.from({ length: 257 }, (_, at) => `L${at}`),
          ),
          store.load(`session-secret${"x".repeat(1024)}`),
        ].map((work) => work.then(String, (error: Error) => `${error.message} ${error.stack}`)),
      );
      for (const text of errors) expect(text).not.toMatch(/session-secret|HIDDEN/);
    });
  });
}
