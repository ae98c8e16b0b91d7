// The library's public face.

export { z } from 'zod';
export { registerFamily } from './hw-models/catalog.js';
export type {
  Access,
  Block,
  Bound,
  Ceiling,
  Dial,
  EnergyEvent,
  Family,
  Figure,
  Hardware,
  Kernel,
  LayerCost,
  Load,
  Meter,
  Parts,
  Peaks,
  Precision,
  Provenance,
  Recorder,
  Residency,
  Roof,
  Switch,
  Unit,
} from './hw-models/contract.js';
export type { Executor } from './hw-models/host/contract.js';
export { loadHardware } from './hw-models/presets.node.js';
export { quantity } from './hw-models/units.js';
export {
  type Breakeven,
  type BreakevenRequest,
  breakeven,
} from './sim/breakeven/breakeven.node.js';
export { calibrate } from './sim/calibrate.node.js';
export { type CompareRequest, compare, type NamedComparison } from './sim/compare.node.js';
export { type EnergyTableRequest, importEnergyTable } from './sim/energy-table.node.js';
export { type ExportRequest, exportFile, exportFormats } from './sim/export.node.js';
export { type GenerateRequest, generate } from './sim/generate/generate.node.js';
export type { GenerationComparison, GenerationResult } from './sim/generate/generation.js';
export {
  type HostValidation,
  type HostValidationRequest,
  validateHost,
} from './sim/host-validate.node.js';
export { openWorkload, openWorkloads } from './sim/open.node.js';
export { loadPlugin } from './sim/plugin.node.js';
export { type Pulled, type PullRequest, pull, TransferError } from './sim/pull.node.js';
export type { NamedWorkload, Names } from './sim/resolve.node.js';
export type { Comparison, HardwareResult, LayerResult } from './sim/result.js';
export { type RunByNameRequest, run } from './sim/run.node.js';
export type { RunReport } from './sim/run-network.js';
export { type StackByNameRequest, stack } from './sim/stack.node.js';
export type { LayerSummary, WorkloadSummary } from './sim/summary.js';
export type { Validation } from './sim/validate/validate.js';
export { validate } from './sim/validate.node.js';
export { InputError } from './workloads/base/errors.js';
export type { Demand } from './workloads/demand.js';
export { defaultLimits, type ImportLimits } from './workloads/formats/source.js';
export { buildNetwork, type NetworkSpec } from './workloads/graph.js';
export type { Layer, LayerTask, NamedTensor, Network } from './workloads/network.js';
export type { LayerSpec, TrainedLayerSpec } from './workloads/spec.js';
export {
  type ElementType,
  type Shape,
  sizeOf,
  type Tensor,
  type TensorType,
  type Values,
} from './workloads/tensor.js';
export { toCsc, toCsr, toDense } from './workloads/weights/store.js';
export type { DensityProfile, ZooEntry } from './workloads/zoo/entry.js';
export { groups, zoo } from './workloads/zoo/index.js';
