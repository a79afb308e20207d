/** glassine/redis: a label store on Redis or Valkey. */
export type { LabelStore } from "../core/labels/index.ts";
export {
  type RedisClientLike,
  type RedisLabelStoreOptions,
  redisLabelStore,
} from "./redis-label-store.ts";
