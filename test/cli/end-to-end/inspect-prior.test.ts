/** The examples from the prior systems' own pages, unchanged. */
// Only in test:all: it runs whole commands in processes of their own.
import { expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { linesOf } from "./documents.ts";
import { procedure } from "./fixtures.ts";
import { newWorkspace, unsigned } from "./support.ts";

it("CLI-082: the procedure of capa's page is trusted with its reason", async () => {
  verifies("cli:trust-lines");
  const { install, read, root, run } = await newWorkspace();
  await install(
    procedure({ package: "capa_contrib", id: "capa.contrib.my_procedure", version: "0.3.1" }),
  );
  const reason = "approved by GB, ticket OPS-1284, code-review #421";
  const args = ["plugins", "trust", "capa.contrib.my_procedure", "--reason", reason];
  const { code, stdout, stderr } = await run(args, { env: unsigned });
  expect([code, stderr]).toEqual([0, ""]);
  expect(linesOf(stdout)).toEqual([
    expect.stringMatching(
      /^trusted: capa\.contrib\.my_procedure 0\.3\.1 \(sha256:[0-9a-f]{23}…\)$/,
    ),
    `  lock:    ${root}/plugins.lock`,
    `  journal: ${root}/plugins.lock.journal`,
  ]);
  const journal = linesOf((await read("plugins.lock.journal")) ?? "");
  expect(journal).toHaveLength(1);
  expect(journal[0]?.split("\t").slice(0, 6)).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    "trust",
    "capa.contrib.my_procedure",
    "0.3.1",
    expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    reason,
  ]);
  const lock = (await read("plugins.lock")) ?? "";
  expect(lock).toMatch(/^version = 1\n\n\[\[plugins\]\]\nid = "capa\.contrib\.my_procedure"\n/);
  const options = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
  expect((await run(["plugins", "list"], options)).stdout).toMatch(
    /^capa\.contrib\.my_procedure {17}capa_contrib {10}0\.3\.1 {7}sha256:[0-9a-f]{12}…$/m,
  );
});
