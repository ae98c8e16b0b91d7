// The cells of the published tables that have a row for each platform, kernel and batch and a
// column for each layer.

import { cell, type Tables } from './claims.js';
import { benchmarkLayers } from './lab.js';

export interface Cell {
  readonly platform: string;
  readonly kernel: string;
  readonly batch: number;
  readonly layer: string;
  readonly published: number;
}

/** Every number of `table`; layers that it has no number for are left out. */
export function cellsOf(tables: Tables, table: string): readonly Cell[] {
  return tables(table).flatMap((row) => {
    const { platform = '', kernel = '', batch = '' } = row;
    return benchmarkLayers.flatMap((layer) => {
      const published = cell(row, layer);
      return published === null
        ? []
        : [{ platform, kernel, batch: Number(batch), layer, published }];
    });
  });
}

/** 'titan-x dense batch 1, Alex-6'. */
export const cellName = ({ platform, kernel, batch, layer }: Cell) =>
  `${platform} ${kernel} batch ${batch}, ${layer}`;
