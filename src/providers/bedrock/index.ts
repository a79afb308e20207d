export {
  type AnswerFacts,
  type LimitOptions,
  type ModelFacts,
  notAllowed,
  type Read,
  type StreamLimits,
  type TableProvider,
  type TableStream,
  type WriteAnswerOptions,
  type WriteRequestOptions,
  type Written,
} from "../rewrite/index.ts";
export {
  converseStream,
  fromConverseRequest,
  fromConverseResponse,
  toConverseEvents,
  toConverseRequest,
  toConverseResponse,
} from "./converse.ts";
export { type BedrockGuardOptions, type BedrockPlugin, guardBedrock } from "./guard-bedrock.ts";
export { bedrock } from "./tables.ts";
