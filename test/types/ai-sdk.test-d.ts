/** The middleware has the types of the SDK, whose packages the library does not load. */
import type { LanguageModelV2Middleware, LanguageModelV3Middleware } from "@ai-sdk/provider";
import { tool } from "ai";
import { createPluginManager } from "glassine";
import { aiMiddleware, guardTools } from "glassine/ai-sdk";
import { expectTypeOf } from "vitest";
import * as z from "zod";

const manager = await createPluginManager({ plugins: [] });

const five = aiMiddleware(manager, { specificationVersion: "v2" });
expectTypeOf(five).toExtend<LanguageModelV2Middleware>();
expectTypeOf(five.specificationVersion).toEqualTypeOf<"v2">();

const six = aiMiddleware(manager, {
  specificationVersion: "v3",
  envelope: ({ about }) => {
    expectTypeOf(about.modelId).toEqualTypeOf<string | undefined>();
    return {};
  },
  labels: { session: ({ about }) => String(about.options?.session ?? about.headers["x-a"]) },
});
expectTypeOf(six).toExtend<LanguageModelV3Middleware>();
// @ts-expect-error That is another version.
expectTypeOf(five).toExtend<LanguageModelV3Middleware>();
// @ts-expect-error The version has to be said.
aiMiddleware(manager, {});

const tools = {
  weather: tool({
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => `Rain in ${city}`,
  }),
};
expectTypeOf(guardTools(tools, manager)).toEqualTypeOf(tools);
guardTools(tools, manager, {
  envelope: ({ toolCallId, context }) => ({ toolCallId, context }),
  labels: { session: ({ tool: name }) => name },
});
