export {
  type AccessorsOf,
  defineServices,
  type HandlesOf,
  type HandleType,
  handleOf,
  type ServiceCapability,
  type ServiceSpec,
  type ServiceTable,
} from "./define-services.ts";
