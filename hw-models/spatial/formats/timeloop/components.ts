// Timeloop's components: which of them store data, what of, and how much. Attributes that only
// energies depend on are Accelergy's.

import { isMap } from '../../../../workloads/formats/timeloop/merge.js';
import { TAG } from '../../../../workloads/formats/yaml/document.js';
import { Numbers } from './attributes.js';
import { classesOf, compoundOf } from './compound.js';
import type { Storage, Units } from './design.js';
import {
  fault,
  inside,
  listOf,
  mapOf,
  type Part,
  shown,
  type TimeloopInput,
  type Values,
} from './input.js';

/** What Timeloop reads of a storage. */
const READ = [
  ...['entries', 'depth', 'memory_depth', 'data_storage_depth', 'sizeKB', 'width'],
  ...['memory_width', 'data_storage_width', 'block_size'],
  ...['word_bits', 'datawidth', 'cluster_size', 'read_bandwidth', 'write_bandwidth'],
  ...['shared_bandwidth', 'multiple_buffering', 'n_banks', 'num_banks', 'nbanks', 'type'],
  ...['metadata_storage_width', 'metadata_storage_depth', 'metadata_datawidth'],
  ...['metadata_word_bits', 'metadata_block_size', 'technology', 'global_cycle_seconds', 'meshX'],
];
const DEPTHS = ['depth', 'memory_depth', 'data_storage_depth'];
/** What neither accesses nor cycles depend on here. */
const UNREAD = [
  ...['num_ports', 'n_ports', 'nports', 'n_rdwr_ports', 'n_rw_ports', 'n_rd_ports', 'n_wr_ports'],
  ...['instances', 'meshY', 'reduction_supported', 'decompression_supported', 'latency'],
  ...['compression_supported', 'metadata_counter_width', 'min_utilization', 'update_fifo_depth'],
  ...['network_word_bits', 'network_read', 'network_fill', 'network_drain', 'network_update'],
  ...[
    'allow_overbooking',
    'n_buffets',
    'addr_gen_energy',
    'read_energy',
    'write_energy',
    'energy_scale',
    'area_scale',
  ],
];

const classOf = (values: Values): string => {
  const { class: own, subclass } = values;
  // What is a DRAM stays one, whatever its energies are those of.
  if (typeof subclass === 'string' && own !== 'DRAM') return subclass;
  return typeof own === 'string' ? own : '';
};

const DRAM = /dram/i;
const SRAM = /sram|cache|scratchpad|spad|buffer/i;
const REGISTERS = /reg|flip|latch|rf\b|_rf|fifo/i;

/** What a class is built of; a compound component of that name says it of its parts. */
function builtOf(name: string, input: TimeloopInput, depth = 0): Storage['built'] | null {
  if (DRAM.test(name)) return 'dram';
  for (const part of classesOf(input)) {
    const values = mapOf(part);
    if (values.name !== name || depth > 8) continue;
    for (const inner of listOf(inside(part, 'subcomponents'))) {
      const of = classOf(mapOf(inner));
      const built = of === name ? null : builtOf(of, input, depth + 1);
      if (built !== null) return built;
    }
  }
  if (/sram/i.test(name)) return 'sram';
  if (REGISTERS.test(name)) return 'registers';
  return SRAM.test(name) ? 'sram' : null;
}

export function isCompute(values: Values): boolean {
  return values.class === 'compute' || /mac(c|s)?$|^mac|compute|multiplier/i.test(classOf(values));
}

/** Whether a component keeps data: by its class, or as it has a depth. */
export function isStorage(values: Values, input: TimeloopInput): boolean {
  const own = isMap(values.attributes) ? values.attributes : {};
  const hasSize = [...DEPTHS, 'entries', 'sizeKB'].some((key) => Object.hasOwn(own, key));
  return values.class === 'storage' || hasSize || builtOf(classOf(values), input) !== null;
}

/** A storage. @throws InputError for attributes that are no numbers, or do not fit each other. */
export function storageOf(
  part: Part,
  attributes: Values,
  name: string,
  input: TimeloopInput,
  notes: string[],
): Storage {
  const values = mapOf(part);
  const numbers = new Numbers(part, attributes, input);
  const own = isMap(values.attributes) ? values.attributes : {};
  for (const key of Object.keys(own)) {
    if (key !== TAG && !READ.includes(key) && !UNREAD.includes(key)) {
      notes.push(`${name}: attribute ${key} is not read`);
    }
  }
  const wordBits = numbers.of(['datawidth', 'word_bits']) ?? 16;
  const cluster = numbers.of(['cluster_size']) ?? 1;
  const width = numbers.of(['width', 'memory_width', 'data_storage_width']);
  const stated = numbers.of(['block_size']);
  const block = stated ?? (width === null ? 1 : width / (wordBits * cluster));
  if (!Number.isInteger(block) || (width !== null && width !== block * wordBits * cluster)) {
    const expected = `a multiple of datawidth ${wordBits}${cluster > 1 ? ` × cluster_size ${cluster}` : ''}`;
    throw fault(inside(part, 'attributes', 'width'), shown(width), expected);
  }
  const depth = numbers.of(DEPTHS, true, 0);
  const kilobytes = numbers.of(['sizeKB'], false, 0);
  const words =
    numbers.of(['entries'], true, 0) ??
    (depth === null ? null : depth * block) ??
    (kilobytes === null ? null : Math.floor((kilobytes * 1024 * 8) / wordBits));
  const className = classOf(values);
  const built = builtOf(className, input) ?? (words === null ? 'dram' : 'sram');
  const metadataBits = numbers.of(['metadata_datawidth', 'metadata_word_bits'], true, 0) ?? 0;
  return {
    ...{ kind: 'storage', name, className, built, wordBits, block, cluster },
    words: built === 'dram' ? null : words,
    readWords: numbers.of(['read_bandwidth'], false, 1e-9),
    writeWords: numbers.of(['write_bandwidth'], false, 1e-9),
    sharedWords: numbers.of(['shared_bandwidth'], false, 1e-9),
    buffers: numbers.of(['multiple_buffering'], false) ?? 1,
    banks: numbers.of(['n_banks', 'num_banks', 'nbanks']) ?? 1,
    metadata: {
      wordBits: metadataBits,
      accessBits: numbers.of(['metadata_storage_width'], true, 0) ?? 0,
      accesses: numbers.of(['metadata_storage_depth'], true, 0),
    },
    ...{ formats: new Map(), actions: [] },
    dram: typeof attributes.type === 'string' ? attributes.type : null,
    compound: compoundOf(className, attributes, input),
    overbooks: flagOf(part, attributes, 'allow_overbooking'),
    technologyNm: nanometres(attributes.technology),
  };
}

/** Compute units without what sparse optimisations say of them. */
export function computeOf(
  part: Part,
  attributes: Values,
  name: string,
  input: TimeloopInput,
): Units {
  const numbers = new Numbers(part, attributes, input);
  const className = classOf(mapOf(part));
  return {
    ...{ name, className, gates: false, skips: false },
    compound: compoundOf(className, attributes, input),
    factorBits: numbers.of(['multiplier_width', 'datawidth', 'word_bits', 'width']),
    sumBits: numbers.of(['adder_width']),
    technologyNm: nanometres(attributes.technology),
  };
}

/** @throws InputError for what is neither true nor false */
function flagOf(part: Part, attributes: Values, key: string): boolean {
  const stated = attributes[key] ?? false;
  if (typeof stated === 'boolean') return stated;
  throw fault(inside(part, 'attributes', key), shown(stated), 'true or false');
}

/** '45nm' and 45 are 45; null for what is no process. */
function nanometres(value: unknown): number | null {
  const [, digits] = /^\s*(\d+(?:\.\d+)?)\s*(?:nm)?\s*$/i.exec(String(value ?? '')) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** From the seconds of a cycle. */
export function clockOf(part: Part): number | null {
  const values = isMap(part.value) ? part.value : {};
  const stated = values.global_cycle_seconds;
  if (stated === undefined) return null;
  const seconds = Number(stated);
  if (seconds > 0 && Number.isFinite(1 / seconds)) return 1 / seconds;
  throw fault(inside(part, 'global_cycle_seconds'), shown(stated), 'the seconds of a cycle');
}
