export {
  type AccessorsOf,
  defineServices,
  type HandlesOf,
  handleOf,
  type ServiceCapability,
  type ServiceSpec,
  type ServiceTable,
} from "./define-services.ts";
