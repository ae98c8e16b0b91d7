// SCALE-Sim's configurations (Samajdar et al., ISPASS 2020; .cfg of versions 2 and 3) as presets of
// family `systolic`, which counts the cycles of its folds by the same equations. What a .cfg does not
// say is that of preset edge-tpu.

import { InputError } from '../../../workloads/base/errors.js';
import { nearestOf } from '../../../workloads/base/nearest.js';
import { type SourceFile, stemOf, textOf } from '../../../workloads/formats/source.js';
import { baseName, type ImportedPreset, plainName, presetText, statedIn } from './preset-text.js';

/** Keys by section: read here, or of no matter for cycles and accesses. */
const sections: Readonly<Record<string, readonly string[]>> = {
  general: ['run_name'],
  architecture_presets: [
    ...['ArrayHeight', 'ArrayWidth', 'IfmapSramSzkB', 'FilterSramSzkB', 'OfmapSramSzkB'],
    ...['IfmapOffset', 'FilterOffset', 'OfmapOffset', 'Dataflow', 'Bandwidth', 'MemoryBanks'],
    ...['OnChipMemoryBanks', 'OnChipMemoryBankPorts', 'ReadRequestBuffer', 'WriteRequestBuffer'],
  ],
  layout: [
    ...['IfmapCustomLayout', 'IfmapSRAMBankBandwidth', 'IfmapSRAMBankNum', 'IfmapSRAMBankPort'],
    ...['FilterCustomLayout', 'FilterSRAMBankBandwidth', 'FilterSRAMBankNum'],
    ...['FilterSRAMBankPort'],
  ],
  sparsity: [
    ...['SparsitySupport', 'SparseRep', 'OptimizedMapping', 'BlockSize'],
    'RandomNumberGeneratorSeed',
  ],
  run_presets: ['InterfaceBandwidth', 'UseRamulatorTrace'],
};

/** Below the 869 MHz of the multiply-adds that edge-tpu's parts are of, at 45 nm. */
const CLOCK_MHZ = 800;

interface Entry {
  readonly text: string;
  readonly place: string;
}

/** @throws InputError, one line with its place, for what SCALE-Sim's .cfg does not have. */
export function readScaleSimConfig(file: SourceFile, name?: string): ImportedPreset {
  const entries = entriesOf(textOf(file), file.name);
  const say = statedIn(file.name);
  const wholeAt = (key: string, max: number): number => {
    const entry = entries.get(key);
    const value = Number(entry?.text || 'none');
    if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
    const found = entry === undefined ? 'none' : JSON.stringify(entry.text.slice(0, 40));
    const place = entry?.place ?? file.name;
    throw new InputError(
      `${place}: ${key}: found ${found}, expected a whole number from 1 to ${max}`,
    );
  };
  const oneOf = (key: string, values: readonly string[], usual: string): string => {
    const { text, place } = entries.get(key) ?? { text: usual, place: file.name };
    const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InputError(
      `${place}: ${key}: found ${JSON.stringify(text.slice(0, 40))}, expected ${values.join(', ')}`,
    );
  };
  const isOn = (key: string) => oneOf(key, ['true', 'false'], 'false') === 'true';
  if (isOn('SparsitySupport')) {
    throw new InputError(
      `${entries.get('SparsitySupport')?.place}: SparsitySupport: found true, expected false: a systolic array here skips no zeros`,
    );
  }
  const rows = wholeAt('ArrayHeight', 1024);
  const columns = wholeAt('ArrayWidth', 1024);
  const dataflow = oneOf('Dataflow', ['ws', 'os', 'is'], 'none');
  const isBounded = oneOf('InterfaceBandwidth', ['USER', 'CALC'], 'CALC') === 'USER';
  const kilobytes = (key: string) => say(wholeAt(key, 2 ** 22), 'KiB', key);
  // Three interfaces, each of so many words of a byte.
  const words = isBounded ? 3 * wholeAt('Bandwidth', 2 ** 22) : rows + 2 * columns;
  const notes = ['results of a layer lie in the inputs’ SRAM here, sums on their way in Ofmap’s'];
  for (const key of ['IfmapCustomLayout', 'FilterCustomLayout', 'UseRamulatorTrace']) {
    if (isOn(key)) notes.push(`${key} changes nothing here: banks and DRAM never conflict`);
  }
  const title = entries.get('run_name')?.text ?? stemOf(file.name);
  const text = presetText(
    `Made from ${baseName(file.name)}, a configuration of SCALE-Sim.`,
    {
      ...{ name: name ?? plainName(title), title: `${title}, as SCALE-Sim describes it` },
      family: 'systolic',
    },
    {
      extends: 'edge-tpu',
      rows: say(rows, 'count', 'ArrayHeight'),
      columns: say(columns, 'count', 'ArrayWidth'),
      clockHz: say(CLOCK_MHZ, 'MHz', 'it states no clock; one that the characterised parts reach'),
      processNm: say(45, 'nm', 'it states no process; that of the characterised parts'),
      dataflows: [dataflow],
      stationarySets: say(1, 'count', 'folds follow one another without overlap'),
      operandBits: say(8, 'bit', 'words of one byte'),
      vectorLanes: say(columns, 'count', 'not stated: one for each column'),
      sram: {
        weightBytes: kilobytes('FilterSramSzkB'),
        activationBytes: kilobytes('IfmapSramSzkB'),
        accumulatorBytes: kilobytes('OfmapSramSzkB'),
      },
      dram: {
        bytesPerSecond: say(
          words * CLOCK_MHZ,
          'MB/s',
          isBounded
            ? 'Bandwidth, words a cycle of each of three interfaces'
            : 'InterfaceBandwidth CALC: all that the array takes in a cycle',
        ),
      },
      ...{ chipWatts: null, host: null, overflow: 'dram' },
    },
  );
  return { text, notes };
}

/** 'key : value' and 'key = value' in sections, by key. */
function entriesOf(text: string, file: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  const names = Object.keys(sections);
  let section: string | null = null;
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const place = `${file}:${index + 1}`;
    const line = whole.replace(/(^|\s)[#;].*$/, '').trim();
    if (line === '') continue;
    const [, head] = /^\[\s*(\w+)\s*\]$/.exec(line) ?? [];
    if (head !== undefined) {
      section = head.toLowerCase();
      if (!names.includes(section)) {
        throw new InputError(`${place}: found section [${head}], expected ${names.join(', ')}`);
      }
      continue;
    }
    const [, key, value] = /^(\w+)\s*[:=]\s*(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || section === null) {
      throw new InputError(
        `${place}: found ${JSON.stringify(line.slice(0, 40))}, expected 'key : value' in a section`,
      );
    }
    const known = sections[section] as readonly string[];
    const own = known.find((name) => name.toLowerCase() === key.toLowerCase());
    if (own === undefined) {
      const near = nearestOf(key, known);
      const meant = near === null ? '' : `; did you mean ${near}?`;
      throw new InputError(
        `${place}: ${key}: unknown in [${section}], expected ${known.join(', ')}${meant}`,
      );
    }
    if (entries.has(own)) throw new InputError(`${place}: found ${own} twice, expected it once`);
    entries.set(own, { text: value.trim(), place });
  }
  return entries;
}
