// An architecture as Timeloop describes it, whatever the version of its file: levels of storage and
// arrays from the outermost in, then the compute units.

import type { RankFormat } from '../../expected/ranks.js';
import type { Action } from '../../expected/savings.js';
import type { Compound } from './compound.js';
import type { Directive } from './directives.js';

export interface Storage {
  readonly kind: 'storage';
  readonly name: string;
  /** As the file names it. */
  readonly className: string;
  /** What it is built of; its class says so, or the compound component of that name. */
  readonly built: 'dram' | 'sram' | 'registers';
  /** Words of one instance; null without bound. */
  readonly words: number | null;
  readonly wordBits: number;
  /** Words of one access. */
  readonly block: number;
  /** Instances side by side that share one access. */
  readonly cluster: number;
  /** Words a cycle; null without bound. */
  readonly readWords: number | null;
  readonly writeWords: number | null;
  readonly sharedWords: number | null;
  /** Tiles at a time. */
  readonly buffers: number;
  readonly banks: number;
  /** Of the formats' own units. */
  readonly metadata: {
    readonly wordBits: number;
    readonly accessBits: number;
    readonly accesses: number | null;
  };
  /** Ranks from the outermost in, by data-space. */
  readonly formats: ReadonlyMap<string, RankFormat>;
  readonly actions: readonly Action[];
  /** A kind of DRAM, such as LPDDR4. */
  readonly dram: string | null;
  /** What its accesses consist of; null where no file describes its class. */
  readonly compound: Compound | null;
  /** Whether tiles may overflow it. */
  readonly overbooks: boolean;
  readonly technologyNm: number | null;
}

export interface Fanout {
  readonly kind: 'array';
  /** The container's name; constraints and mappings call it so. */
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface Units {
  readonly name: string;
  readonly className: string;
  /** Bits of a factor and of a sum. */
  readonly factorBits: number | null;
  readonly sumBits: number | null;
  readonly gates: boolean;
  readonly skips: boolean;
  readonly compound: Compound | null;
  readonly technologyNm: number | null;
}

export interface Design {
  readonly name: string;
  readonly file: string;
  readonly nodes: readonly (Storage | Fanout)[];
  readonly compute: Units;
  readonly clockHz: number | null;
  /** What the design itself lets a mapping do. */
  readonly constraints: readonly Directive[];
  readonly notes: readonly string[];
}
