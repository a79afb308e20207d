/** What `envoy-config` does: prints a configuration for Envoy, or checks one. */
import { resolve } from "node:path";
import { misuse, printable, say } from "../../operate/cli/index.ts";
import { loadConfig, portOf } from "../config/index.ts";
import { checkBehindEnvoy, envoyConfig } from "../envoy/index.ts";
import { listenAt } from "./envoy-addresses.ts";
import { problemsInFile } from "./envoy-file.ts";
import type { EnvoyConfigContext } from "./options.ts";
import { tlsPathsIn } from "./tls-files.ts";

const defaultAdminPort = 9901;

export async function print({ cwd, env, options }: EnvoyConfigContext) {
  const { port, host, processor = ["unix:/run/glassine.sock"], adminPort } = options;
  const { for: product = "envoy", bodyMode = "streamed" } = options;
  const { config } = await loadConfig({
    cwd,
    env,
    isHttp: true,
    flags: { file: options.config, port: portOf("--port", port), host },
  });
  checkBehindEnvoy(config);
  const admin = portOf("--admin-port", adminPort) ?? defaultAdminPort;
  if (admin === config.listen?.port)
    throw misuse("--admin-port expects another port than that of `listen`");
  const text = envoyConfig(product, {
    config,
    processors: processor.map((each) => listenAt("--processor", each)),
    bodyMode,
    adminPort: admin,
    tls: tlsPathsIn(options),
  });
  return {
    exitCode: 0 as const,
    document: { product, text, problems: [] },
    lines: text.trimEnd().split("\n"),
  };
}

export async function check({ cwd, options, paint }: EnvoyConfigContext, file: string) {
  if (options.for !== undefined)
    throw misuse(
      "--for cannot be combined with --check-file, which recognizes each product itself",
    );
  const problems = await problemsInFile("--check-file", resolve(cwd, file));
  const found = problems.map(({ text }) => text);
  return {
    exitCode: found.length === 0 ? (0 as const) : (1 as const),
    document: { product: null, text: null, problems: found },
    lines:
      found.length === 0
        ? [paint.good("Nothing passes unjudged.")]
        : found.map((text) => `${say`${file}: `}${paint.bad(printable(text))}`),
  };
}
