/** Labels on data: from annotations, by data policies, and kept from call to call. */
export {
  type AnnotationLabels,
  checkDataAction,
  type DataEntity,
  type DataViolation,
  type IfcLabels,
  type LabelStore,
  labelsFromAnnotations,
  labelsFromIfc,
  type MemoryLabelStoreOptions,
  memoryLabelStore,
  stampResult,
} from "./core/labels/index.ts";
