/** The model calls of the AI SDK, as `guardModel` uses them. */
import type { ModelProvider } from "../rewrite/index.ts";
import { fieldOf } from "./host-values.ts";
import { providers } from "./tables.ts";
import type { SpecificationVersion } from "./types.ts";

/** Its requests are the options of a call, with the id of the model beside them. */
export function aiSdkProvider(specificationVersion: SpecificationVersion): ModelProvider {
  const provider = providers[specificationVersion];
  return Object.freeze<ModelProvider>({
    ...provider,
    readRequest(call, options) {
      const read = provider.readRequest(call, options);
      return { ...read, extensions: { llm: { model_id: fieldOf(call, "modelId") } } };
    },
  });
}
