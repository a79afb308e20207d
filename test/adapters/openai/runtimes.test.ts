// A process of its own: it loads the sources anew, in a realm that lacks something.
/** Streams of chat completions in a runtime that cannot identify promises and proxies. */

import type * as openai from "glassine/openai";
import { beforeAll, expect, it, vi } from "vitest";

let bare: typeof openai;

beforeAll(async () => {
  const { getBuiltinModule } = process;
  vi.resetModules();
  try {
    process.getBuiltinModule = () => undefined as never;
    bare = await import("glassine/openai");
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
});

it.each([
  ["a string", "x"],
  ["a number", 5],
  ["nothing", undefined],
])("a choice that is %s is refused as data", (what, choice) => {
  const stream = bare.chatCompletions.stream();
  expect(() => stream.push({ choices: [choice] } as never)).toThrow(
    `expected an object, got ${what}`,
  );
});
