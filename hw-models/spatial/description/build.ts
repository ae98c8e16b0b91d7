// The architecture that a preset describes. Energies and areas that it does not state follow from
// ../technology, scaled to its process and supply.

import {
  arithmeticNm,
  macJoules,
  macMm2,
  registerJoules,
  registerMm2,
  wireJoules,
} from '../../technology/arithmetic.js';
import { scale } from '../../technology/scaling.js';
import {
  type Sram,
  sramAreaMm2,
  sramNm,
  sramReadJoules,
  sramWriteJoules,
} from '../../technology/sram.js';
import type { LevelConfig, SpatialConfig } from '../config.js';
import { dimensions, operandNames } from '../nest/from-demand.js';
import {
  type Architecture,
  type Compute,
  type Format,
  type LoopConstraints,
  type Memory,
  type MemoryJoules,
  type Node,
  noConstraints,
  type Packing,
  type Saving,
  type SpatialArray,
} from './architecture.js';

/** The architecture of a preset that its schema accepts. */
export function architectureOf(name: string, config: SpatialConfig): Architecture {
  const compute = computeOf(config);
  const levels = Object.entries(config.levels);
  // From the innermost out, since a hop is as long as what it passes by is wide.
  let inside = compute.areaMm2 ?? 0;
  const nodes: Node[] = [];
  for (const [level, described] of levels.toReversed()) {
    if (described.is === 'array') {
      nodes.unshift(arrayOf(level, described, inside, config));
      inside *= (described.x ?? 1) * (described.y ?? 1);
    } else {
      const memory = memoryOf(level, described, described === levels[0]?.[1], config);
      nodes.unshift(memory);
      inside += memory.areaMm2 ?? 0;
    }
  }
  const { clockHz, cycleJoules: joulesPerCycle = 0 } = config;
  return { name, clockHz, nodes, compute, joulesPerCycle, fillsAndDrains: true };
}

const processOf = ({ processNm, volts }: SpatialConfig, fromNm: number) =>
  scale({ fromNm, toNm: processNm, toVolts: volts });

function computeOf(config: SpatialConfig): Compute {
  const { compute, weightBits, inputBits, sumBits, numbers, clockHz } = config;
  const process = processOf(config, arithmeticNm);
  const { macsPerCycle, skips, gates } = compute;
  const area = macMm2(weightBits, inputBits, sumBits, numbers) * process.area * macsPerCycle;
  const energy = macJoules(weightBits, inputBits, sumBits, numbers) * process.energyPerOperation;
  const saving = skips ?? gates;
  return {
    name: 'compute',
    macsPerCycle,
    joulesPerMac: compute.macJoules ?? energy,
    joulesPerGated: compute.gatedJoules ?? 0,
    leakPerCycle: (compute.leakWatts ?? 0) / clockHz,
    areaMm2: compute.areaMm2 ?? area,
    saving: saving ? { how: skips ? 'skip' : 'gate', where: saving } : null,
    structured: compute.structured ?? null,
  };
}

function memoryOf(
  name: string,
  level: LevelConfig,
  outermost: boolean,
  config: SpatialConfig,
): Memory {
  const { clockHz } = config;
  const elementBits = {
    weights: level.weightBits ?? config.weightBits,
    inputs: level.inputBits ?? config.inputBits,
    outputs: level.outputBits ?? (outermost ? config.inputBits : config.sumBits),
  };
  const accessBits = level.accessBits ?? 8;
  const perCycle = (accesses: number | undefined) =>
    accesses === undefined ? null : accesses * accessBits;
  const shared =
    level.bytesPerSecond === undefined
      ? perCycle(level.accessesPerCycle)
      : (level.bytesPerSecond * 8) / clockHz;
  return {
    kind: 'memory',
    name,
    bits: level.bytes === undefined ? null : level.bytes * 8,
    metadataBits: level.metadataBytes === undefined ? null : level.metadataBytes * 8,
    buffers: level.buffers ?? 1,
    accessBits,
    metadataAccessBits: level.metadataAccessBits ?? accessBits,
    elementBits,
    readBits: perCycle(level.readsPerCycle),
    writeBits: perCycle(level.writesPerCycle),
    sharedBits: shared,
    keeps: keepsOf(level),
    formats: formatsOf(level),
    savings: savingsOf(level),
    joules: joulesOf(level, accessBits, config),
    areaMm2: level.areaMm2 ?? derivedArea(level, accessBits, config),
    constraints: constraintsOf(level),
  };
}

function keepsOf({ keeps, mayKeep }: LevelConfig): Memory['keeps'] {
  const rule = (operand: (typeof operandNames)[number]) => {
    if (mayKeep?.includes(operand)) return 'free';
    return (keeps ?? operandNames).includes(operand) ? 'keep' : 'bypass';
  };
  return Object.fromEntries(operandNames.map((operand) => [operand, rule(operand)]));
}

function formatsOf({ formats = {} }: LevelConfig): Readonly<Record<string, Format>> {
  return Object.fromEntries(
    operandNames.flatMap((operand) => {
      const stated = formats[operand];
      if (!stated) return [];
      const { kind, runBits, coordinateBits = null, pointerBits = null, along = [] } = stated;
      const format: Format =
        kind === 'run-length'
          ? { kind, runBits: runBits as number }
          : kind === 'coordinate'
            ? { kind, coordinateBits }
            : kind === 'offsets'
              ? { kind, pointerBits, coordinateBits, along }
              : kind === 'n-of-m'
                ? { kind, kept: stated.kept as number, of: stated.of as number }
                : { kind };
      return [[operand, format] as const];
    }),
  );
}

function savingsOf({ skips, gates }: LevelConfig): readonly Saving[] {
  const of = (how: Saving['how'], stated: LevelConfig['skips']) =>
    operandNames.flatMap((operand) => {
      const where = stated?.[operand];
      return where ? [{ how, operand, where }] : [];
    });
  return [...of('skip', skips), ...of('gate', gates)];
}

function joulesOf(level: LevelConfig, accessBits: number, config: SpatialConfig): MemoryJoules {
  const leakPerCycle = (level.leakWatts ?? 0) / config.clockHz;
  const metadataBits = level.metadataAccessBits ?? accessBits;
  const perBit = level.joulesPerBit ?? (level.is === 'registers' ? registerBit(config) : undefined);
  if (perBit !== undefined) {
    const access = perBit * accessBits;
    const read = level.readJoules ?? access;
    const write = level.writeJoules ?? access;
    const metadata = level.metadataJoules ?? perBit * metadataBits;
    return {
      ...{ read, write, update: write, metadataRead: metadata, metadataWrite: metadata },
      leakPerCycle,
    };
  }
  const energy = level.is === 'sram' ? processOf(config, sramNm).energyPerOperation : 0;
  const sram = sramOf(level, accessBits);
  const ofMetadata = { ...sram, bits: metadataBits };
  const read = level.readJoules ?? (level.is === 'sram' ? sramReadJoules(sram) * energy : 0);
  const write =
    level.writeJoules ??
    level.readJoules ??
    (level.is === 'sram' ? sramWriteJoules(sram) * energy : 0);
  const derived = level.is === 'sram';
  return {
    ...{ read, write, update: write, leakPerCycle },
    metadataRead: level.metadataJoules ?? (derived ? sramReadJoules(ofMetadata) * energy : read),
    metadataWrite: level.metadataJoules ?? (derived ? sramWriteJoules(ofMetadata) * energy : write),
  };
}

const registerBit = (config: SpatialConfig) =>
  registerJoules(1) * processOf(config, arithmeticNm).energyPerOperation;

const sramOf = ({ bytes = 1, banks = 1 }: LevelConfig, bits: number): Sram => ({
  ...{ bytes, bits, banks },
});

function derivedArea(level: LevelConfig, accessBits: number, config: SpatialConfig) {
  if (level.is === 'dram') return null;
  const bytes = (level.bytes ?? 0) + (level.metadataBytes ?? 0);
  if (level.is === 'registers') {
    return registerMm2(bytes * 8) * processOf(config, arithmeticNm).area;
  }
  return sramAreaMm2(sramOf({ ...level, bytes }, accessBits)) * processOf(config, sramNm).area;
}

function arrayOf(
  name: string,
  level: LevelConfig,
  instanceMm2: number,
  config: SpatialConfig,
): SpatialArray {
  const { energyPerOperation } = processOf(config, arithmeticNm);
  return {
    kind: 'array',
    name,
    x: level.x ?? 1,
    y: level.y ?? 1,
    multicast: level.multicast ?? true,
    reduces: level.reduces ?? true,
    packings: packingsOf(level),
    joulesPerBitHop:
      level.hopJoulesPerBit ?? wireJoules(Math.sqrt(instanceMm2)) * energyPerOperation,
    unrolls: { x: level.unrolls?.x ?? null, y: level.unrolls?.y ?? null },
    constraints: constraintsOf(level),
  };
}

function packingsOf({ packs = {}, ...level }: LevelConfig): readonly Packing[] {
  return (['x', 'y'] as const).flatMap((axis) => {
    const operand = packs[axis];
    const lanes = level[axis] ?? 1;
    const window = level[`${axis}Window`] ?? lanes;
    return operand === undefined ? [] : [{ operand, lanes, window }];
  });
}

/** Dimensions that each operand does not change with. */
const reusedBy = {
  weights: ['N', 'P', 'Q'],
  inputs: ['M'],
  outputs: ['C', 'R', 'S'],
} as const;

function constraintsOf({ stationary, order, steps, maxSteps }: LevelConfig): LoopConstraints {
  if (!stationary && !order && !steps && !maxSteps) return noConstraints;
  const factors = new Map<string, { steps: number; max: boolean }>();
  for (const dimension of dimensions) {
    const exact = steps?.[dimension];
    const max = maxSteps?.[dimension];
    if (exact !== undefined) factors.set(dimension, { steps: exact, max: false });
    else if (max !== undefined) factors.set(dimension, { steps: max, max: true });
  }
  return { order: order ?? (stationary ? reusedBy[stationary] : []), factors };
}
