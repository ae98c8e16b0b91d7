// The native build of the engine's kernels: what turns of its loops take, and what a layer and a
// step take besides.

import { createEngine } from '../../hw-models/host/engine/engine.js';
import { rules } from '../../hw-models/host/engine/rules.js';
import type { NativeLibrary } from '../../hw-models/host/native/library.node.js';
import { inCore } from '../../hw-models/host-model/engine-cost.js';
import { nativeNearLayers } from './native-layers.js';
import { overheads } from './overheads.js';
import type { SolvedNative } from './preset.js';
import type { Timing } from './timing.js';
import { type MakeReady, type Sample, solveTurns, timeCalls } from './turns.js';

/** With the calls that turns were solved from. */
export interface NativeCalibration extends SolvedNative {
  readonly calls: readonly Sample[];
}

/** No core of today multiplies and adds more vectors a cycle: two on x86, four on Arm. */
const MAX_VECTORS = process.arch === 'arm64' ? 4 : 2;

/** Of the library's clock. */
const TICK = 1e-9;

export async function calibrateNative({
  library,
  ready,
  timing,
  clockHz,
  cores,
  repeat,
}: {
  readonly library: NativeLibrary;
  readonly ready: MakeReady;
  readonly timing: Timing;
  readonly clockHz: number;
  readonly cores: number;
  readonly repeat: number;
}): Promise<NativeCalibration> {
  const { vectorFloats, instructions } = library;
  const calls = timeCalls(nativeNearLayers(), ready, timing, vectorFloats);
  const turns = solveTurns(calls, clockHz, MAX_VECTORS * vectorFloats, vectorFloats);
  const cycles = Object.fromEntries(turns.cycles);
  const rates = calls.map((call) => {
    return inCore(call.turns, cycles, vectorFloats).macs / (call.seconds * clockHz);
  });
  const engine = (threads: number) =>
    createEngine('sparse', 'sparse', rules.sparse, { threads, engine: 'native' });
  const { layer, step } = await overheads(engine, cores, repeat);
  return {
    ...{ instructions, vectorFloats, turns, calls },
    multiplyAddsPerCycle: vectorFloats * Math.ceil(Math.max(...rates) / vectorFloats),
    // A call's own time has what the library does between steps.
    layer: Math.max(TICK, Math.min(...layer) - (turns.cycles.get('nativeCall') ?? 0) / clockHz),
    step: step.length > 0 ? Math.min(...step) : 0,
  };
}
