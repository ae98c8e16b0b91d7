// What tiles that overflow a memory cost. Compressed tiles differ in size, and mappings are chosen
// by a size that most of them have. A memory is divided among its compressed operands by their
// expected sizes; of a tile that takes more than its part, the values beyond it stay outside: they
// are fetched again from the memory around it each time that they are read but the first (an
// overbooked buffer, Xue et al., Tailors, MICRO 2023).

import type { Architecture, Memory } from '../description/architecture.js';
import { type Mapping, tilesOf } from '../nest/mapping.js';
import { elementsOf, type Operand, type Problem } from '../nest/problem.js';
import { isVarying, storedOf } from '../sparse/formats.js';
import type { Zeros } from '../sparse/zeros.js';
import type { Accesses } from './accesses.js';
import { type Share, tileShape } from './shares.js';

type Shares = readonly (readonly Share[])[];

/** Fetched again because a tile overflowed. */
export interface Spill {
  readonly memory: string;
  readonly operand: string;
  /** Of the tiles. */
  readonly tiles: number;
  /** Values of all instances. */
  readonly values: number;
}

/** The shares with what spills, from the innermost memory out, since what spills is read again. */
export function withSpills(
  problem: Problem,
  { nodes }: Architecture,
  mapping: Mapping,
  zeros: Zeros,
  { memories }: Accesses,
  shares: Shares,
): { readonly shares: Shares; readonly spills: readonly Spill[] } {
  const tiles = tilesOf(problem, mapping);
  const changed = shares.map((row) => [...row]);
  const spills: Spill[] = [];
  for (const [place, { node: at, instances, operands }] of [...memories.entries()].toReversed()) {
    const node = nodes[at] as Memory;
    if (node.bits === null) continue;
    const rooms = roomsOf(problem, node, at, mapping, tiles[at] as readonly number[], zeros);
    for (const [index, room] of rooms) {
      const { name } = problem.operands[index] as Operand;
      const row = operands.findIndex(({ operand }) => operand === name);
      const outer = outerOf(memories, place, name);
      const counts = operands[row];
      const share = changed[place]?.[row];
      if (!counts || !share || outer === null) continue;
      const again = Math.max(0, counts.reads * share.reads - counts.fills * share.fills);
      if (again === 0) continue;
      const beyond = zeros.beyond(
        ...([problem, problem.operands[index] as Operand] as const),
        ...([tiles[at] as readonly number[], room] as const),
      );
      if (beyond.values === 0) continue;
      const values = again * beyond.values;
      const factor = 1 + values / (counts.fills * share.fills);
      (changed[place] as Share[])[row] = {
        ...share,
        fills: share.fills * factor,
        fillMetadataBits: share.fillMetadataBits * factor,
      };
      const sending = changed[outer.place]?.[outer.row] as Share;
      (changed[outer.place] as Share[])[outer.row] = {
        ...sending,
        // For each element that a dense tile would fetch; what is dense there sends values alone.
        reads: sending.reads + values / counts.fills,
        readMetadataBits: sending.readMetadataBits * factor,
      };
      spills.push({
        ...{ memory: node.name, operand: name, tiles: beyond.tiles },
        values: values * instances,
      });
    }
  }
  return { shares: changed, spills };
}

/** The next memory out that keeps an operand. */
function outerOf(memories: Accesses['memories'], place: number, name: string) {
  for (let outer = place - 1; outer >= 0; outer--) {
    const row = memories[outer]?.operands.findIndex(({ operand }) => operand === name) ?? -1;
    if (row >= 0) return { place: outer, row };
  }
  return null;
}

/** Values of each compressed operand's tile that a memory has room for, by the operand's index. */
export function roomsOf(
  problem: Problem,
  node: Memory,
  at: number,
  mapping: Mapping,
  tile: readonly number[],
  zeros: Zeros,
): ReadonlyMap<number, number> {
  let free = (node.bits ?? 0) / node.buffers;
  const sizes = new Map<number, { readonly fixed: number; readonly each: number; all: number }>();
  for (const [index, operand] of problem.operands.entries()) {
    if (!mapping.keeps[at]?.[index]) continue;
    const bits = node.elementBits[operand.name] as number;
    const elements = elementsOf(operand, tile);
    const format = node.formats[operand.name];
    const density = zeros.density(operand.name);
    const varies = isVarying(format) && !operand.written;
    const stored = storedOf(
      format ?? { kind: 'dense' },
      density,
      tileShape(problem, operand, node, tile),
    );
    const metadata = node.metadataBits === null ? stored.metadataBits : 0;
    const all = elements * (stored.values * bits + metadata);
    if (!varies || density === 0) {
      free -= all;
      continue;
    }
    // A mask's bits and pointers are there whatever the values.
    const empty = storedOf(format ?? { kind: 'dense' }, 0, tileShape(problem, operand, node, tile));
    const fixed = node.metadataBits === null ? elements * empty.metadataBits : 0;
    sizes.set(index, { fixed, each: (all - fixed) / (elements * density), all });
  }
  let compressed = 0;
  for (const { all } of sizes.values()) compressed += all;
  return new Map(
    [...sizes].map(([index, { fixed, each, all }]) => {
      const room = (free * all) / compressed;
      return [index, Math.max(0, Math.floor((room - fixed) / each + 1e-9))];
    }),
  );
}
