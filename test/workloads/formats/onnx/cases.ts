// Small layers of every kind of the operator table, for tests that write networks and read them
// back.

import type { LayerKind, LayerOp } from '../../../../workloads/operators/table.js';
import type { Case, Row, RowsOf } from './case-rows.js';
import { elementCases } from './cases-elements.js';
import { otherCases } from './cases-other.js';
import { windowCases } from './cases-windows.js';

export type { Case, Given } from './case-rows.js';

const rows: RowsOf<LayerKind> = { ...windowCases, ...elementCases, ...otherCases };

/** Every case, kind after kind. */
export const cases: readonly Case[] = Object.entries(rows).flatMap(([kind, written]) =>
  (written as readonly Row<LayerKind>[]).map(([op, inputs, positive]) => ({
    op: { kind, ...op } as unknown as LayerOp,
    inputs,
    ...(positive ? { positive: true } : {}),
  })),
);
