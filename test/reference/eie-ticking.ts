// EIE ticked cycle by cycle: every queue, register and SRAM word register, one object per block of
// the paper's Figure 4. Slow and obviously right. In each cycle every block first works out its
// next state from what all registers held at the cycle's start (propagate), then all take it over
// (update).

import { type Fractions, fixTable, saturate, shiftProduct } from '../../hw-models/eie/datapath.js';
import type { EncodedMatrix, PeMemory } from '../../hw-models/eie/encode.js';

export interface TickingMachine {
  readonly queueDepth: number;
  readonly groupFetchCycles: number;
  readonly entriesPerWord: number;
}

export interface TickingResult {
  readonly cycles: number;
  readonly broadcasts: number;
  readonly stallCycles: number;
  readonly busyCycles: readonly number[];
  readonly starvationCycles: readonly number[];
  readonly pointerReads: number;
  readonly emptyColumns: number;
  readonly entries: number;
  readonly padding: number;
  readonly wordReads: number;
  readonly accumulatorReads: number;
  readonly accumulatorWrites: number;
  readonly outputs: Int16Array;
}

interface Broadcast {
  readonly column: number;
  readonly value: number;
}

/** An entry on its way to the arithmetic unit; null where a column had none. */
interface Ticket {
  readonly address: number;
  readonly startsColumn: boolean;
  readonly value: number;
}

interface Fetched {
  readonly code: number;
  readonly zeros: number;
  readonly startsColumn: boolean;
  readonly value: number;
}

interface Decoded {
  readonly row: number;
  readonly weight: number;
  readonly value: number;
}

interface Term {
  readonly row: number;
  readonly term: number;
  readonly accumulator: number;
}

interface Sum {
  readonly row: number;
  readonly sum: number;
}

/** The detector tree's root: scans groups of activations, broadcasts one non-zero a cycle. */
class ControlUnit {
  stallCycles = 0;
  broadcasts = 0;
  /** What every queue takes in at the end of this cycle. */
  sent: Broadcast | null = null;
  #queues: readonly Queue[] = [];
  #group = 0;
  #next = 0;
  /** Cycles left of the running fetch. */
  #fetching = 0;
  #advance: () => void = () => {};

  constructor(
    readonly activations: Int16Array,
    readonly groupSize: number,
    readonly fetchCycles: number,
  ) {}

  connect(queues: readonly Queue[]): void {
    this.#queues = queues;
  }

  /**
   * Whether nothing is left to broadcast or fetch. Where fetching takes no time, groups without
   * non-zeros take none.
   */
  get done(): boolean {
    if (this.#fetching > 0 || this.#nextInGroup(this.#group) !== null) return false;
    return this.#isLast(this.#group) || (this.fetchCycles === 0 && this.#nothingAhead());
  }

  #isLast(group: number): boolean {
    return (group + 1) * this.groupSize >= this.activations.length;
  }

  #nothingAhead(): boolean {
    return this.activations.subarray(this.#next).every((value) => value === 0);
  }

  #nextInGroup(group: number): number | null {
    const end = Math.min((group + 1) * this.groupSize, this.activations.length);
    for (let i = Math.max(this.#next, group * this.groupSize); i < end; i++)
      if (this.activations[i] !== 0) return i;
    return null;
  }

  propagate(): void {
    this.sent = null;
    this.#advance = () => {};
    if (this.#fetching > 0) {
      const left = this.#fetching - 1;
      this.#advance = () => {
        this.#fetching = left;
        if (left === 0) this.#group++;
      };
      return;
    }
    let group = this.#group;
    let found = this.#nextInGroup(group);
    while (found === null && this.fetchCycles === 0 && !this.#isLast(group))
      found = this.#nextInGroup(++group);
    if (found === null) {
      if (this.#isLast(group)) return;
      // This cycle is the first of the fetch.
      this.#advance = () => {
        if (this.fetchCycles === 1) this.#group++;
        else this.#fetching = this.fetchCycles - 1;
      };
      return;
    }
    const column = found;
    if (this.#queues.some((queue) => queue.full)) {
      this.stallCycles++;
      return;
    }
    this.broadcasts++;
    this.sent = { column, value: this.activations[column] as number };
    this.#advance = () => {
      this.#group = group;
      this.#next = column + 1;
    };
  }

  update(): void {
    this.#advance();
  }
}

class Queue {
  readonly #held: Broadcast[] = [];

  constructor(
    readonly depth: number,
    readonly control: ControlUnit,
  ) {}

  #reader: PtrRead | null = null;

  connect(reader: PtrRead): void {
    this.#reader = reader;
  }

  /**
   * A ring in which one place stays free. The activation of which an entry was issued before this
   * cycle lies in the reader's own register; a ring of one has none but that.
   */
  get full(): boolean {
    if (this.depth === 1) return this.#held.length > 0;
    const waiting = this.#held.length - (this.#reader?.hasBegun ? 1 : 0);
    return waiting >= this.depth - 1;
  }

  /** The activation being worked on stays in the queue until its last entry is issued. */
  get head(): Broadcast | null {
    return this.#held[0] ?? null;
  }

  propagate(): void {}

  update(): void {
    if (this.#reader?.finishes) this.#held.shift();
    if (this.control.sent) this.#held.push(this.control.sent);
  }
}

/** Issues one entry of the head's column a cycle; a column without entries takes a cycle too. */
class PtrRead {
  pointerReads = 0;
  emptyColumns = 0;
  busyCycles = 0;
  starvationCycles = 0;
  finishes = false;
  issued: Ticket | null = null;
  /** The stage's register: what was issued in the last cycle. */
  out: Ticket | null = null;
  #offset = 0;
  #nextOffset = 0;

  constructor(
    readonly queue: Queue,
    readonly pointers: Uint32Array,
  ) {}

  /** Whether an entry of the head was issued in an earlier cycle. */
  get hasBegun(): boolean {
    return this.#offset > 0;
  }

  propagate(): void {
    this.issued = null;
    this.finishes = false;
    this.#nextOffset = 0;
    const head = this.queue.head;
    if (!head) {
      this.starvationCycles++;
      return;
    }
    this.busyCycles++;
    const start = this.pointers[head.column] as number;
    const entries = (this.pointers[head.column + 1] as number) - start;
    if (this.#offset === 0) this.pointerReads++;
    if (entries === 0) this.emptyColumns++;
    else
      this.issued = {
        address: start + this.#offset,
        startsColumn: this.#offset === 0,
        value: head.value,
      };
    this.finishes = this.#offset + 1 >= entries;
    this.#nextOffset = this.finishes ? 0 : this.#offset + 1;
  }

  update(): void {
    this.out = this.issued;
    this.#offset = this.#nextOffset;
  }
}

/**
 * Two stages: the pointers' arrival, then the word of the sparse-matrix SRAM, read only if another
 * one is at hand.
 */
class SpmatRead {
  wordReads = 0;
  entries = 0;
  out: Fetched | null = null;
  #addressed: Ticket | null = null;
  #next: Fetched | null = null;
  #word = -1;

  constructor(
    readonly reader: PtrRead,
    readonly memory: PeMemory,
    readonly entriesPerWord: number,
  ) {}

  get idle(): boolean {
    return this.#addressed === null && this.out === null;
  }

  propagate(): void {
    const ticket = this.#addressed;
    this.#next = null;
    if (!ticket) return;
    this.entries++;
    const word = Math.floor(ticket.address / this.entriesPerWord);
    if (word !== this.#word) this.wordReads++;
    this.#word = word;
    this.#next = {
      code: this.memory.codes[ticket.address] as number,
      zeros: this.memory.zeros[ticket.address] as number,
      startsColumn: ticket.startsColumn,
      value: ticket.value,
    };
  }

  update(): void {
    this.out = this.#next;
    this.#addressed = this.reader.out;
  }
}

/**
 * Decode and address; read accumulator and multiply; shift and add; write. Newer sums bypass the
 * accumulators.
 */
class ArithmUnit {
  padding = 0;
  accumulatorReads = 0;
  accumulatorWrites = 0;
  readonly accumulators: Int16Array;
  #row = -1;
  #decoded: Decoded | null = null;
  #term: Term | null = null;
  #sum: Sum | null = null;
  #next: { decoded: Decoded | null; term: Term | null; sum: Sum | null } = {
    decoded: null,
    term: null,
    sum: null,
  };

  constructor(
    readonly fetcher: SpmatRead,
    readonly table: Int16Array,
    readonly fractions: Fractions,
    rows: number,
  ) {
    this.accumulators = new Int16Array(rows);
  }

  get idle(): boolean {
    return this.#decoded === null && this.#term === null && this.#sum === null;
  }

  propagate(): void {
    this.#next = { decoded: this.#decode(), term: this.#multiply(), sum: this.#add() };
    if (this.#sum) this.accumulatorWrites++;
  }

  #decode(): Decoded | null {
    const fetched = this.fetcher.out;
    if (!fetched) return null;
    this.#row = (fetched.startsColumn ? -1 : this.#row) + fetched.zeros + 1;
    if (fetched.code === 0) {
      this.padding++;
      return null;
    }
    return { row: this.#row, weight: this.table[fetched.code] as number, value: fetched.value };
  }

  #multiply(): Term | null {
    if (!this.#decoded) return null;
    const { row, weight, value } = this.#decoded;
    this.accumulatorReads++;
    const bypassed = this.#sum?.row === row ? this.#sum.sum : undefined;
    const accumulator = bypassed ?? (this.accumulators[row] as number);
    return { row, term: shiftProduct(weight, value, this.fractions), accumulator };
  }

  #add(): Sum | null {
    if (!this.#term) return null;
    const { row, term, accumulator } = this.#term;
    const current = this.#sum?.row === row ? this.#sum.sum : accumulator;
    return { row, sum: saturate(current + term, this.fractions.bits) };
  }

  update(): void {
    if (this.#sum) this.accumulators[this.#sum.row] = this.#sum.sum;
    this.#decoded = this.#next.decoded;
    this.#term = this.#next.term;
    this.#sum = this.#next.sum;
  }
}

/**
 * Stages between an entry's issue and its accumulator's write: two in SpmatRead, four in
 * ArithmUnit.
 */
export const PIPELINE_STAGES = 6;

/** Ticks one vector `activations` [columns, bias included] through `matrix`. */
export function tick(
  matrix: EncodedMatrix,
  activations: Int16Array,
  machine: TickingMachine,
  fractions: Fractions,
): TickingResult {
  const pes = matrix.memories.length;
  const control = new ControlUnit(activations, pes, machine.groupFetchCycles);
  const table = fixTable(matrix.table, fractions);
  const pe = matrix.memories.map((memory, index) => {
    const queue = new Queue(machine.queueDepth, control);
    const ptrRead = new PtrRead(queue, memory.pointers);
    queue.connect(ptrRead);
    const spmatRead = new SpmatRead(ptrRead, memory, machine.entriesPerWord);
    const rows = Math.ceil((matrix.rows - index) / pes);
    const arithmUnit = new ArithmUnit(spmatRead, table, fractions, Math.max(0, rows));
    return { queue, ptrRead, spmatRead, arithmUnit };
  });
  control.connect(pe.map(({ queue }) => queue));
  const blocks = [
    control,
    ...pe.flatMap((own) => [own.arithmUnit, own.spmatRead, own.ptrRead, own.queue]),
  ];
  const cycle = () => {
    for (const block of blocks) block.propagate();
    for (const block of blocks) block.update();
  };

  let cycles = 0;
  while (!(control.done && pe.every(({ queue }) => queue.head === null))) {
    cycle();
    cycles++;
  }
  const starvationCycles = pe.map(({ ptrRead }) => ptrRead.starvationCycles);
  for (let stage = 0; stage < PIPELINE_STAGES; stage++) cycle();
  cycles += PIPELINE_STAGES;
  if (!pe.every(({ spmatRead, arithmUnit }) => spmatRead.idle && arithmUnit.idle))
    throw new Error('not flushed');

  const outputs = new Int16Array(matrix.rows);
  for (let row = 0; row < matrix.rows; row++) {
    outputs[row] = pe[row % pes]?.arithmUnit.accumulators[Math.floor(row / pes)] as number;
  }
  const total = (of: (own: (typeof pe)[number]) => number) =>
    pe.reduce((sum, own) => sum + of(own), 0);
  return {
    cycles,
    broadcasts: control.broadcasts,
    stallCycles: control.stallCycles,
    busyCycles: pe.map(({ ptrRead }) => ptrRead.busyCycles),
    starvationCycles,
    pointerReads: total(({ ptrRead }) => ptrRead.pointerReads),
    emptyColumns: total(({ ptrRead }) => ptrRead.emptyColumns),
    entries: total(({ spmatRead }) => spmatRead.entries),
    padding: total(({ arithmUnit }) => arithmUnit.padding),
    wordReads: total(({ spmatRead }) => spmatRead.wordReads),
    accumulatorReads: total(({ arithmUnit }) => arithmUnit.accumulatorReads),
    accumulatorWrites: total(({ arithmUnit }) => arithmUnit.accumulatorWrites),
    outputs,
  };
}
