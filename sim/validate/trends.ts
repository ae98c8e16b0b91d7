// EIE, Figures 8 to 13: what their text says, as numbers that a sweep of the model gives or misses.

import type { Patch } from 'immer';
import { mean } from 'simple-statistics';
import type { Hardware, LayerCost } from '../../hw-models/contract.js';
import { cyclesOf, joulesOf } from '../../hw-models/cost.js';
import { type Claim, claim } from './claims.js';
import { benchmarkLayers, type Lab } from './lab.js';

type Layer = (typeof benchmarkLayers)[number];

const table = 'EIE, Figures 8 to 13, trends';
const KERNEL = 'sparse';

/** The figures' text as checks. `holds` claims are published as 1 and modelled as 1 or 0. */
export function trendClaims(lab: Lab): readonly Claim[] {
  const base = lab.hardware('eie-64');
  const run = (hardware: Hardware, layer: Layer) => lab.costOn(hardware, KERNEL, 1, layer);
  const each = <Value>(of: (layer: Layer) => Value) => benchmarkLayers.map(of);
  const holds = (source: string, words: string, is: boolean, note: string) =>
    claim(
      table,
      { claim: words, source: `EIE, ${source}`, unit: 'holds', published: 1 },
      is ? 1 : 0,
      'predicted',
      note,
    );

  return [
    ...queueDepth(base, run, each, holds),
    ...sramWidth(base, run),
    ...scalability(base, run, each, holds),
  ];
}

type Run = (hardware: Hardware, layer: Layer) => LayerCost;
type Each = <Value>(of: (layer: Layer) => Value) => Value[];
type Holds = (source: string, words: string, is: boolean, note: string) => Claim;

const replace = (value: unknown, ...path: string[]): Patch => ({ op: 'replace', path, value });
const idleShare = (cost: LayerCost) => (cost.cycles.starvation ?? 0) / cyclesOf(cost);

function queueDepth(base: Hardware, run: Run, each: Each, holds: Holds): readonly Claim[] {
  const at = (depth: number) => base.vary([replace(depth, 'queueDepth')]);
  const idle = (depth: number) => mean(each((layer) => idleShare(run(at(depth), layer))));
  const [one, eight, deep] = [idle(1), idle(8), idle(256)];
  const poorest = each((layer) => ({ layer, idle: idleShare(run(at(8), layer)) })).reduce((a, b) =>
    b.idle > a.idle ? b : a,
  );
  const figure = 'Figure 8';
  return [
    claim(
      table,
      {
        claim: 'share of cycles idle at queue depth 1, mean of nine',
        source: `EIE, ${figure}`,
        unit: 'ratio',
        published: 0.5,
      },
      ...([one, 'predicted', "the text: 'around half of the total cycles are idle'"] as const),
    ),
    holds(
      figure,
      'a queue past 8 gains less than a queue of 8 gained over 1',
      eight - deep < one - eight,
      `idle ${shown(one)} at depth 1, ${shown(eight)} at 8, ${shown(deep)} at 256`,
    ),
    holds(
      figure,
      'NT-We balances worst',
      poorest.layer === 'NT-We',
      `worst: ${poorest.layer}, ${shown(poorest.idle)} idle`,
    ),
  ];
}

function sramWidth(base: Hardware, run: Run): readonly Claim[] {
  const layers: readonly Layer[] = ['Alex-6', 'Alex-7', 'Alex-8'];
  const widths = [32, 64, 128, 256, 512];
  const joules = widths.map((bits) => {
    const hardware = base.vary([replace(bits, 'spmat', 'widthBits')]);
    return layers.reduce((sum, layer) => sum + (joulesOf(run(hardware, layer)) ?? Number.NaN), 0);
  });
  const best = widths[joules.indexOf(Math.min(...joules))] ?? Number.NaN;
  const published = {
    claim: 'energy-optimal Spmat SRAM width on AlexNet',
    source: 'EIE, Figure 9',
    unit: 'bit',
    published: 64,
  };
  return [
    claim(
      ...([table, published, best, 'predicted'] as const),
      "by the SRAM law fitted to published CACTI points, in which EIE's Table I and II stand, not this figure; the optimum is flat",
    ),
  ];
}

/**
 * The array with another number of PEs; fewer have larger memories, so that what fits stays the
 * same.
 */
function withPes(base: Hardware, pes: number): Hardware {
  const value = (path: string) => base.figures.get(path)?.value ?? Number.NaN;
  const scale = Math.max(1, value('pes') / pes);
  return base.vary([
    replace(pes, 'pes'),
    replace(value('spmat.bytes') * scale, 'spmat', 'bytes'),
    replace(value('activations.sramBytes') * scale, 'activations', 'sramBytes'),
  ]);
}

function scalability(base: Hardware, run: Run, each: Each, holds: Holds): readonly Claim[] {
  const one = withPes(base, 1);
  const full = withPes(base, 256);
  const speedups = each((layer) => ({
    layer,
    speedup: cyclesOf(run(one, layer)) / cyclesOf(run(full, layer)),
  }));
  const others = speedups
    .filter(({ layer }) => layer !== 'NT-We')
    .map(({ speedup }) => speedup / 256);
  const weakest = speedups.reduce((a, b) => (b.speedup < a.speedup ? b : a));
  const padding = (pes: number) =>
    mean(
      each((layer) => {
        const { counters } = run(withPes(base, pes), layer);
        return (counters.padding_zeros ?? 0) / (counters.entries ?? 1);
      }),
    );
  const balance = (pes: number) =>
    1 - mean(each((layer) => idleShare(run(withPes(base, pes), layer))));
  const pads = [1, 16, 64, 256].map(padding);
  const balances = [1, 16, 64, 256].map(balance);
  return [
    claim(
      table,
      {
        claim: 'efficiency of 256 PEs against 1, mean without NT-We',
        source: 'EIE, Figure 11',
        unit: 'ratio',
        published: 1,
      },
      ...([mean(others), 'predicted', 'the text: near-linear except NT-We; read as 1'] as const),
    ),
    holds(
      'Figure 11',
      'NT-We scales worst',
      weakest.layer === 'NT-We',
      `worst: ${weakest.layer}, ${weakest.speedup.toFixed(0)}× at 256 PEs`,
    ),
    holds(
      'Figure 12',
      'padding falls as PEs grow',
      falling(pads),
      `share of entries at 1, 16, 64, 256 PEs: ${pads.map(shown).join(', ')}`,
    ),
    holds(
      'Figure 13',
      'load balance falls as PEs grow',
      falling(balances),
      `at 1, 16, 64, 256 PEs: ${balances.map(shown).join(', ')}`,
    ),
  ];
}

const falling = (values: readonly number[]) =>
  values.every((value, at) => at === 0 || value < (values[at - 1] as number));
const shown = (share: number) => `${(100 * share).toFixed(1)} %`;
