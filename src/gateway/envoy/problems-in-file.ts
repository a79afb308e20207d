/** What a file lets pass that Envoy, Envoy Gateway, Istio or agentgateway is configured with. */
import { readFile } from "node:fs/promises";
import { GlassineError } from "../../core/errors/index.ts";
import { printable } from "../../operate/trust/index.ts";
import { type EnvoyProblem, envoyProblems } from "./envoy-problems.ts";
import { documentsIn } from "./yaml.ts";

/** @throws GlassineError (as a rejection) `config_unreadable` for what is neither YAML nor JSON */
export async function problemsInFile(file: string): Promise<readonly EnvoyProblem[]> {
  const text = await readFile(file, "utf8");
  try {
    return envoyProblems(documentsIn(text));
  } catch (error) {
    throw new GlassineError(
      "config_unreadable",
      `${printable(file)} is neither YAML nor JSON: ${printable((error as Error).message)}`,
    );
  }
}
