// A process of its own: deadlines keep the timers that they find when they load.
// Only in test:all: it checks many signatures.
/** Verifiers that cannot work: a start fails with the reason, and `doctor` reports it. */
import { GlassineError } from "glassine";
import type { SignatureVerifier } from "glassine/node";
import { describe, expect, it, vi } from "vitest";
import { commandServices, runJson } from "../cli/support/run.ts";
import { verifies } from "../support/verifies.ts";
import { discover, install, newRoot, unsigned } from "./support.ts";

vi.hoisted(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

const verifier = (prepare: () => Promise<void>): SignatureVerifier => ({
  name: "acme",
  prepare,
  verify: () => Promise.resolve({ kind: "unsigned" }),
});
const never = () => new Promise<void>(() => {});

describe("a verifier with a prepare function", () => {
  it("has 30 seconds", async () => {
    verifies("signing:verifier-prepared");
    const root = await newRoot();
    await install(root, "guard");
    const settled = vi.fn();
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const hangs = verifier(() => {
      begin();
      return never();
    });
    const ready = verifier(() => Promise.resolve());
    await expect(discover(root, { verifiers: [ready] })).resolves.toMatchObject({ rejected: [] });
    const found = discover(root, { verifiers: [hangs, ready] });
    found.then(settled, settled);
    await begun;
    await vi.advanceTimersByTimeAsync(29_999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await expect(found).rejects.toMatchObject({
      code: "setting_invalid",
      message: 'The verifier "acme" is not ready after 30 seconds.',
    });
  });

  it.each([
    [new GlassineError("setting_invalid", "The root is not there."), "The root is not there."],
    [new Error("no key\nat all"), /^The verifier "acme" cannot be prepared: no key[^\n]+at all$/],
    [undefined, /^The verifier "acme" cannot be prepared: /],
  ])(
    "keeps a host from starting if it fails, and is a finding of doctor",
    async (thrown, message) => {
      verifies("signing:verifier-prepared", "cli:doctor-goes-on");
      const root = await newRoot();
      await install(root, "guard");
      const verifiers = [verifier(() => Promise.reject(thrown))];
      const text = typeof message === "string" ? message : expect.stringMatching(message);
      await expect(discover(root, { verifiers })).rejects.toMatchObject({
        code: "setting_invalid",
        message: text,
      });
      const { code, document } = await runJson(["doctor"], {
        services: commandServices,
        cwd: root,
        env: unsigned,
        host: { discovery: { verifiers } },
      });
      expect([code, document.status, document.findings]).toMatchObject([
        0,
        "error",
        [{ about: "setting", severity: "error", message: text }],
      ]);
    },
  );

  it("is not called if no packages are looked for", async () => {
    verifies("signing:verifier-prepared", "discovery:off");
    const prepare = vi.fn(never);
    const env = { ...unsigned, GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED: "false" };
    await discover(await newRoot(), { env, verifiers: [verifier(prepare)] });
    expect(prepare).not.toHaveBeenCalled();
  });
});
