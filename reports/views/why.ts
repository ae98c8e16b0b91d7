// Shows what pruning bought on a model, layer by layer, and why not more.

import { calledName } from '../../sim/result.js';
import type { Cause, LayerReason, Why } from '../../sim/why.js';
import { left, right, type Section, type Style, type View } from '../document.js';
import { percent, quantity, ratio, UNKNOWN } from '../quantity.js';
import { askedAs, listed, otherNameLines } from './subject.js';

/** Layers that a terminal shows; documents show all. */
const SHOWN = 12;
/** Width from which the time with dense weights finds room. */
const WIDE = 100;

export function whyView(found: readonly Why[]): View {
  return {
    title: 'zeroskip why',
    subject: subjectOf(found),
    sections: (style) => found.flatMap((each) => whySections(each, style)),
    json: () => found.map(whyJson),
    records: () => ({
      columns: [
        ...['workload', 'hardware', 'batch', 'layer', 'kernel', 'weight_density', 'seconds'],
        ...['seconds_dense', 'seconds_lost', 'bound', 'cause', 'pays_below_density'],
      ],
      rows: found.flatMap(({ workload, hardware, batch, layers }) =>
        layers.map((layer) => [
          ...[workload, hardware, batch, layer.name, layer.kernel, layer.density, layer.seconds],
          ...[layer.denseSeconds, layer.lostSeconds, layer.bound, layer.cause, layer.paysBelow],
        ]),
      ),
    }),
  };
}

const subjectOf = (found: readonly Why[]) =>
  `Why ${listed(found.map(({ workload }) => workload))} takes its time on ${listed(found.map(calledName))}`;

/** The answer and the layers, those that lose most time first. */
export function whySections(found: Why, { columns, isDocument }: Style): readonly Section[] {
  const { workload, batch, layers } = found;
  const wide = columns >= WIDE;
  const shown = isDocument ? layers : layers.slice(0, SHOWN);
  const rest = layers.length - shown.length;
  return [
    {
      heading: `Why · ${workload} on ${calledName(found)}, batch ${batch}`,
      summary: true,
      lines: [whyText(found), ...otherNameLines([found])],
      table: {
        columns: [
          ...[left('layer'), left('kernel'), right('kept'), right('time')],
          ...(wide ? [right('dense'), right('lost')] : []),
          ...[right('bought'), left('why not more')],
        ],
        rows: shown.map((layer) => [
          ...[layer.name, layer.kernel],
          layer.density === null ? UNKNOWN : percent(layer.density),
          quantity(layer.seconds, 's'),
          ...(wide ? [quantity(layer.denseSeconds, 's'), quantity(layer.lostSeconds, 's')] : []),
          ratio(layer.denseSeconds / layer.seconds),
          reasonText(layer),
        ]),
      },
      ...(rest > 0
        ? { notes: [`${rest} more layers, which lose less: --format csv has all`] }
        : {}),
    },
  ];
}

/** 'Pruning makes it 2.1× faster. Of the time, 30 % …' */
export function whyText(found: Why): string {
  const { seconds, denseSeconds, otherSeconds, layers } = found;
  const hardware = calledName(found);
  const gained = denseSeconds / seconds;
  const start =
    gained >= 1.03
      ? `Pruning makes the network ${ratio(gained)} faster on ${hardware}.`
      : gained <= 0.97
        ? `Pruning makes the network ${ratio(1 / gained)} slower on ${hardware}.`
        : `Pruning buys no time on ${hardware}.`;
  const byCause = new Map<Cause, number>();
  for (const layer of layers)
    if (layer.cause) byCause.set(layer.cause, (byCause.get(layer.cause) ?? 0) + layer.seconds);
  const [worst] = [...byCause].sort((a, b) => b[1] - a[1]);
  const share = worst ? worst[1] / seconds : 0;
  const cause =
    worst && share >= 0.05
      ? ` ${percent(share)} of its time is in layers where ${about[worst[0]]}.`
      : '';
  const others = otherSeconds / seconds;
  const rest = others >= 0.1 ? ` ${percent(others)} goes to layers that multiply no weights.` : '';
  return start + cause + rest;
}

/** How a sentence about layers goes on. */
const about: Readonly<Record<Cause, string>> = {
  activations: 'activations are multiplied by each other, and no weights are',
  'dense-weights': 'no weights are pruned',
  'too-dense': 'too many weights are left for zeros to pay',
  latency: 'starting the work takes longer than the work: a larger batch would help',
  memory: 'activations and fixed traffic to memory take the time, not weights',
  'no-kernel': 'no kernel of the device skips zero weights',
  imbalance: 'the parallel units wait for the slowest of them',
};

/** Why a layer gained no more. */
export function reasonText({
  cause,
  density,
  paysBelow,
  bound,
  lostSeconds,
  seconds,
}: LayerReason): string {
  const pays = paysBelow === null ? '' : `pays below ${Math.round(100 * paysBelow)} %`;
  switch (cause) {
    case null:
      return lostSeconds < 0.1 * seconds || bound === null ? '' : `bound by ${bound}`;
    case 'activations':
      return 'multiplies activations, not weights';
    case 'dense-weights':
      return paysBelow === null ? 'not pruned; would buy nothing' : `not pruned; ${pays}`;
    case 'too-dense':
      return `${percent(density ?? 1)} kept; ${pays}`;
    case 'latency':
      return 'bound by latency: batch too small';
    case 'memory':
      return 'bound by memory, whatever is pruned';
    case 'imbalance':
      return 'bound by the slowest unit';
    case 'no-kernel':
      return 'no kernel here skips these zeros';
  }
}

export function whyJson({
  workload,
  hardware,
  calledAs,
  batch,
  seconds,
  denseSeconds,
  otherSeconds,
  layers,
}: Why) {
  return {
    ...{ workload, hardware, ...askedAs(calledAs), batch, seconds },
    seconds_dense: denseSeconds,
    seconds_unweighted: otherSeconds,
    layers: layers.map((layer) => ({
      name: layer.name,
      kernel: layer.kernel,
      weight_density: layer.density,
      seconds: layer.seconds,
      seconds_dense: layer.denseSeconds,
      seconds_lost: layer.lostSeconds,
      bound: layer.bound,
      cause: layer.cause,
      pays_below_density: layer.paysBelow,
    })),
  };
}
