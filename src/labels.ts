/** Labels on data: from annotations, from data policies, and kept between calls. */
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
