/** The printed configuration, read by the real Envoy. Skipped if that is not installed. */
// A process of its own: it starts processes.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configSchema } from "../../../../src/gateway/config/index.ts";
import {
  documentsIn,
  type EnvoyConfigOptions,
  envoyConfig,
} from "../../../../src/gateway/envoy/index.ts";
import { hasEnvoy, validate } from "../../../../tools/real/envoy.ts";

const config = configSchema.parse({
  servers: { notes: { url: "http://127.0.0.1:3000/mcp" }, far: { url: "https://a.example/mcp" } },
  models: { chat: { provider: "openai", url: "https://api.example/v1", path: "/openai" } },
  listen: { port: 8080 },
});
const options: EnvoyConfigOptions = {
  config,
  bodyMode: "streamed",
  adminPort: 9901,
  processors: [{ socket: "/run/glassine.sock" }],
};

describe.skipIf(!hasEnvoy)("Envoy takes", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "glassine-valid-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function faultOf(text: string): Promise<string> {
    const file = join(folder, "envoy.yaml");
    await writeFile(file, text);
    return validate(file);
  }

  it.each([
    ["streamed", { bodyMode: "streamed" }],
    ["buffered", { bodyMode: "buffered" }],
    [
      "of two processors by name",
      {
        processors: [
          { host: "p.example", port: 1 },
          { host: "::1", port: 2 },
        ],
      },
    ],
  ] satisfies [string, Partial<EnvoyConfigOptions>][])("a configuration %s", async (_, more) => {
    expect(await faultOf(envoyConfig("envoy", { ...options, ...more }))).toBe("");
  });

  it("the filter of the fragment for Istio", async () => {
    const [istio] = documentsIn(envoyConfig("istio", options)) as [
      { spec: { configPatches: { patch: { value: object } }[] } },
    ];
    const filter = istio.spec.configPatches[0]?.patch.value;
    const [whole] = documentsIn(envoyConfig("envoy", options)) as [object];
    const text = JSON.stringify(whole, (key, value) =>
      key === "http_filters" ? [filter, value[1]] : value,
    ).replace("outbound|9002||glassine.default.svc.cluster.local", "glassine");
    expect(text).toContain("ExternalProcessor");
    expect(await faultOf(text)).toBe("");
  });

  it("nothing that is wrong", async () => {
    const text = envoyConfig("envoy", options).replace("RING_HASH", "NO_SUCH");
    expect(await faultOf(text)).toContain("NO_SUCH");
  });
});
