// A process of its own: it replaces a module of Node.
/** A probe for namespaces that cannot even start is reported, and tried again. */
import { expect, it, vi } from "vitest";
import { platformOf } from "../../../src/operate/isolate/sandbox.ts";

const { execFile } = vi.hoisted(() => ({ execFile: vi.fn() }));
vi.mock("node:child_process", async (original) => ({ ...(await original<object>()), execFile }));

it.skipIf(process.platform !== "linux")("one that throws is tried again", async () => {
  execFile.mockImplementationOnce(() => {
    throw new Error("spawn ENOMEM");
  });
  expect(await platformOf()).toEqual({ open: ["network", "signals"], why: "spawn ENOMEM" });
  execFile.mockImplementationOnce((_command, _args, _options, done) => done(null, "", ""));
  expect(await platformOf()).toEqual({ open: [], why: undefined });
});
