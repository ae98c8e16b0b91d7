// EIE's own tables: I (energy of operations), II (a PE's power and area), III (the work left), V
// (platforms on Alex-7).

import { sum } from '../../hw-models/cost.js';
import { type Claim, cell, claim, type Tables } from './claims.js';
import type { Lab } from './lab.js';

const text = (row: Readonly<Record<string, string>>, name: string) => row[name] ?? '';

/**
 * Table I: what the presets take from it as it stands. The operations it lists are inputs, not
 * predictions.
 */
export function operationClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const source = 'EIE, Table I';
  const eie = lab.hardware('eie-64').figures;
  const dram = 32 * (eie.get('dram.joulesPerBit')?.value ?? Number.NaN);
  return tables('energy-45nm').map((row) => {
    const published = {
      ...{
        claim: text(row, 'operation'),
        source,
        unit: 'pJ',
        published: cell(row, 'energy_pj') ?? Number.NaN,
      },
    };
    if (text(row, 'operation') === '32-bit DRAM read')
      return claim(source, published, 1e12 * dram, 'input');
    return claim(
      source,
      published,
      null,
      'none',
      'an input of the energy models, scaled to each process',
    );
  });
}

/** The component keys of the energy and area models by Table II's module names. */
const modules: Readonly<Record<string, string>> = {
  Act_queue: 'act_queue',
  PtrRead: 'ptr_read',
  SpmatRead: 'spmat_read',
  ArithmUnit: 'arithmetic',
  ActRW: 'act_rw',
};

/**
 * The layers over which the model is held against Table II: AlexNet's, as in the paper's other
 * energy figures.
 */
export const alexnetLayers = ['Alex-6', 'Alex-7', 'Alex-8'] as const;

/** Table II: milliwatts and square micrometres of one PE by module. */
export function peClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const source = 'EIE, Table II';
  const hardware = lab.hardware('eie-64');
  const pes = hardware.figures.get('pes')?.value ?? Number.NaN;
  const seconds = sumOver(alexnetLayers, (layer) => lab.seconds('eie-64', 'sparse', 1, layer));
  const watts = (part: string) =>
    sumOver(alexnetLayers, (layer) => lab.cost('eie-64', 'sparse', 1, layer).joules?.[part] ?? 0) /
    seconds;
  // The paper's modules contain their shares of the clock network and of what leaks; the model
  // keeps both apart.
  const ours = Object.values(modules);
  const dynamic = sumOver(ours, watts);
  const leaking = 1 + watts('leakage') / (dynamic + watts('clock') + watts('lnzd'));
  const milliwatts = (part: string) =>
    (1e3 * watts(part) * (1 + watts('clock') / dynamic) * leaking) / pes;
  const area = (part: string) => (1e6 * (hardware.area?.[part] ?? Number.NaN)) / pes;
  return tables('eie-pe-breakdown').flatMap((row) => {
    const name = text(row, 'name');
    const part = modules[name];
    const claims: Claim[] = [];
    const add = (
      unit: string,
      column: string,
      modelled: number | null,
      basis: 'fitted' | 'input' | 'none',
      note: string | null = null,
    ) => {
      const published = cell(row, column);
      if (published !== null)
        claims.push(claim(source, { claim: name, source, unit, published }, modelled, basis, note));
    };
    if (part) {
      add('mW', 'power_mw', milliwatts(part), 'fitted');
      add('µm²', 'area_um2', area(part), 'input');
    } else if (text(row, 'kind') === 'total') {
      add('mW', 'power_mw', sumOver(ours, milliwatts), 'fitted');
      add('µm²', 'area_um2', sumOver([...ours, 'filler'], area), 'input');
    } else if (name === 'clock network') {
      add('mW', 'power_mw', (1e3 * watts('clock') * leaking) / pes, 'input');
      add('µm²', 'area_um2', null, 'none', 'the model splits area by module');
    } else {
      const unsplit = 'the model splits by module, not by kind of cell';
      add('mW', 'power_mw', null, 'none', unsplit);
      if (name === 'filler cell' && text(row, 'kind') === 'module')
        add('µm²', 'area_um2', area('filler'), 'input');
      else add('µm²', 'area_um2', null, 'none', unsplit);
    }
    return claims;
  });
}

/**
 * Table III: the share of multiplications left, which the drawn weights and activations must leave
 * too.
 */
export function workClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const source = 'EIE, Table III';
  return tables('eie-benchmark').map((row) => {
    const layer = text(row, 'layer');
    const { effective, dense } = lab.task(layer).macs;
    const published = {
      claim: `${layer}, operations left`,
      source,
      unit: '%',
      published: cell(row, 'flop_pct') ?? Number.NaN,
    };
    const note =
      'published in whole percents, and not always the product of the published densities';
    return claim(source, published, (100 * effective) / dense, 'predicted', note);
  });
}

/**
 * Figure 10: a multiplier's energy grows with the square of its width; Table I has the 32-bit ones.
 */
export function precisionClaims(tables: Tables): readonly Claim[] {
  const source = 'EIE, Figure 10';
  const picojoules = (operation: string) => {
    const row = tables('energy-45nm').find((candidate) => candidate.operation === operation);
    return (row && cell(row, 'energy_pj')) ?? Number.NaN;
  };
  const narrow = picojoules('32-bit int multiply') * (16 / 32) ** 2;
  const models: Readonly<Record<string, number>> = {
    '32-bit fixed over 16-bit fixed multiply': picojoules('32-bit int multiply') / narrow,
    '32-bit float over 16-bit fixed multiply': picojoules('32-bit float multiply') / narrow,
  };
  return tables('eie-figure-10').map((row) => {
    const name = text(row, 'quantity');
    const published = {
      claim: name,
      source,
      unit: text(row, 'unit'),
      published: cell(row, 'value') ?? Number.NaN,
    };
    const modelled = models[name];
    return modelled === undefined
      ? claim(source, published, null, 'none', 'needs the trained network and its test set')
      : claim(
          source,
          published,
          modelled,
          'predicted',
          'energy by the square of the width from Table I',
        );
  });
}

/** Table V's platforms by what models them. */
export const platforms: Readonly<Record<string, readonly [hardware: string, kernel: string]>> = {
  'Core i7-5930K': ['i7-5930k', 'dense'],
  'GeForce Titan X': ['titan-x', 'dense'],
  'Tegra K1': ['tegra-k1', 'dense'],
  'EIE 64PE': ['eie-64', 'sparse'],
  'EIE 256PE': ['eie-256', 'sparse'],
};

/** Table V: Alex-7 at batch 1: frames a second, watts, mm² and what follows of them. */
export function platformClaims(lab: Lab, tables: Tables): readonly Claim[] {
  const source = 'EIE, Table V';
  return tables('eie-platforms').flatMap((row) => {
    const name = text(row, 'platform');
    const known = platforms[name];
    const key = known && ([...known, 1, 'Alex-7'] as const);
    const fps = key ? 1 / lab.seconds(...key) : null;
    const joules = key ? lab.joules(...key) : null;
    const watts = fps !== null && joules !== null ? joules * fps : null;
    const parts = known ? lab.hardware(known[0]).area : null;
    const mm2 = parts ? sum(parts) : null;
    const fitted = name.startsWith('EIE') ? 'predicted' : 'fitted';
    const columns = [
      { column: 'throughput_fps', unit: 'frames/s', modelled: fps, basis: fitted },
      { column: 'power_w', unit: 'W', modelled: watts, basis: fitted },
      {
        column: 'area_mm2',
        unit: 'mm²',
        modelled: mm2,
        basis: name.startsWith('EIE') ? 'predicted' : 'input',
      },
      {
        column: 'area_efficiency_fps_per_mm2',
        unit: 'frames/s/mm²',
        modelled: fps !== null && mm2 !== null ? fps / mm2 : null,
        basis: fitted,
      },
      {
        column: 'energy_efficiency_fps_per_j',
        unit: 'frames/J',
        modelled: joules === null ? null : 1 / joules,
        basis: fitted,
      },
    ] as const;
    return columns.flatMap(({ column, unit, modelled, basis }) => {
      const published = cell(row, column);
      if (published === null) return [];
      const figure = { claim: `${name}, ${unit}`, source, unit, published };
      return [
        known
          ? claim(source, figure, modelled, basis)
          : claim(source, figure, null, 'none', 'no model of this platform'),
      ];
    });
  });
}

/** The sum of what `of` gives for each item. */
export function sumOver<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
