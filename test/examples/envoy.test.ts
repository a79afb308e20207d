/** Runs the example like `npm run start:envoy`. Skipped if Envoy is not installed. */
// Only in test:all: it runs example programs.
import process from "node:process";
import { beforeAll, describe, expect, it } from "vitest";
import { hasEnvoy } from "../../tools/real/envoy.ts";
import { compile, type Ran, run } from "../docs/support/compile.ts";
import { excerptsOf, expectPrinted } from "./support/excerpts.ts";

const example = "examples/envoy";

describe.skipIf(!hasEnvoy)("the example behind Envoy", () => {
  let ran: Ran;
  beforeAll(async () => {
    const { out } = await compile("envoy", [example, "src/gateway/command/main.ts"]);
    ran = await run(process.execPath, [`${out}${example}/main.js`], 240_000);
  }, 480_000);

  it("ends by itself with exit code 0 and no warnings", () => {
    expect(ran).toMatchObject({ code: 0, complaints: "" });
  });

  it("prints what the page shows", () => {
    const excerpts = excerptsOf("npm run start:envoy");
    expect(excerpts).toHaveLength(1);
    for (const excerpt of excerpts) expectPrinted(ran.output, excerpt);
  });
});
