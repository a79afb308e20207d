/** The published JavaScript: the entries share what they have in common. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";
import { run } from "../docs/support/compile.ts";
import { root } from "../docs/support/pages.ts";

/** Returns the files in dist that a program loads with `file`. */
function loadedWith(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  const imports = readFileSync(file, "utf8").matchAll(
    /^(?:import|export)[^;]*? from "(\.[^"]+)";$/gm,
  );
  for (const [, path = ""] of imports) loadedWith(join(dirname(file), path), found);
  return found;
}

it("of the core is a handful of files, because each makes starting slower", () => {
  const files = [...loadedWith(join(root, "dist/index.js"))];
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThanOrEqual(9);
});

it("of the command line loads neither the gateway nor its HTTP stack before they are asked for", () => {
  const files = [...loadedWith(join(root, "dist/gateway/command/main.js"))];
  expect(files.length).toBeGreaterThan(1);
  const heavy = /from "(?:undici|hono|@hono\/node-server|jose)(?:\/[^"]*)?"/;
  const lines = files.flatMap((file) => readFileSync(file, "utf8").split("\n"));
  expect(lines.filter((line) => heavy.test(line))).toEqual([]);
});

it("has its source maps, with the sources in them", () => {
  // An entry that only re-exports has no map.
  const files = [...loadedWith(join(root, "dist/index.js"))].filter((file) =>
    readFileSync(file, "utf8").includes("sourceMappingURL="),
  );
  expect(files.length).toBeGreaterThan(1);
  for (const file of files) {
    const { sources, sourcesContent } = JSON.parse(readFileSync(`${file}.map`, "utf8"));
    expect(sources.length).toBeGreaterThan(0);
    expect(sourcesContent.filter((text: unknown) => typeof text === "string")).toHaveLength(
      sources.length,
    );
  }
});

it("has no map to a source that is not in the package", () => {
  const maps = readdirSync(join(root, "dist"), { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".map"),
  );
  expect(maps.length).toBeGreaterThan(0);
  const missing = maps.flatMap((file) => {
    const { sources, sourcesContent = [] } = JSON.parse(
      readFileSync(join(root, "dist", file), "utf8"),
    );
    return sources.filter((_: string, at: number) => typeof sourcesContent[at] !== "string");
  });
  expect(missing).toEqual([]);
});

const program = `
  import { GlassineError } from "glassine";
  import { createMessage } from "glassine/messages";
  import { fromMessagesRequest } from "glassine/anthropic";
  import { fileAuditSink } from "glassine/node";
  import { redisLabelStore } from "glassine/redis";
  const body = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "Ahoy" }] };
  const [message] = fromMessagesRequest(body).messages;
  const isKnown = createMessage(message) === message;
  const thrown = [redisLabelStore, fileAuditSink].map((make) => {
    try {
      make({ unknown: 1 });
    } catch (error) {
      return error instanceof GlassineError;
    }
  });
  console.log(JSON.stringify([isKnown, ...thrown]));
`;

it("recognises in one entry what another created: messages by their brand, errors by their class", async () => {
  const ran = await run(process.execPath, ["--input-type=module", "--eval", program]);
  expect(ran).toMatchObject({ code: 0, output: "[true,true,true]\n", complaints: "" });
});
