// What is known of one layer on one design: its numbers, where its time and energy went, how even
// its units worked, where it lies under the roofline, and why pruning bought it no more.

import { useState } from 'preact/hooks';
import type { LayerResult, Row } from '../../../sim/result.js';
import type { LayerSummary } from '../../../sim/summary.js';
import { count, percent, quantity, ratio, UNKNOWN } from '../../quantity.js';
import { reasonText, whyText } from '../../views/why.js';
import { timeParts } from '../layer-shares.js';
import { LoadChart, StackChart } from './charts.browser.js';
import { Button } from './controls.browser.js';
import { useInspection } from './inspector.browser.js';
import type { Results } from './panel.js';
import { RooflineChart } from './roofline.browser.js';

/** Weights that are drawn at eleven densities within the patience of whoever looks on. */
const MAX_WHY_WEIGHTS = 80e6;

interface LayerDetailsProps {
  readonly results: Results;
  /** Of the designs: 0 is A. */
  readonly at: number;
  readonly row: Row;
  readonly layer: LayerResult;
}

export function LayerDetails({ results, at, row, layer }: LayerDetailsProps) {
  const letter = 'AB'[at] ?? '';
  const summary = results.summary.layers.find(({ name }) => name === layer.name);
  return (
    <>
      <Numbers {...{ row, layer }} summary={summary} />
      {layer.mapping !== undefined && (
        <p>
          Mapping: <code>{layer.mapping}</code>
        </p>
      )}
      <WhyNotFaster {...{ results, at }} layer={layer.name} />
      <div className="charts">
        <StackChart
          title="Where its time goes"
          unit="s"
          stacks={[{ letter, parts: timeParts(layer) }]}
        />
        {layer.energy && (
          <StackChart
            title="Where its energy goes"
            unit="J"
            stacks={[{ letter, parts: layer.energy }]}
          />
        )}
        {layer.load && <LoadChart loads={[{ letter, load: layer.load }]} />}
        {row.peaks && <RooflineChart peaks={row.peaks} layers={row.layers} chosen={layer.name} />}
      </div>
    </>
  );
}

function Numbers({
  row,
  layer,
  summary,
}: {
  readonly row: Row;
  readonly layer: LayerResult;
  readonly summary: LayerSummary | undefined;
}) {
  const { seconds, joules } = layer;
  const weights = summary && summary.parameters > 0 ? summary.nonzeros / summary.parameters : null;
  const facts: readonly (readonly [string, string])[] = [
    ['kernel', layer.kernel],
    ['time', `${quantity(seconds, 's')}, ${percent(seconds / row.seconds)} of all`],
    [
      'energy',
      joules === null || row.joules === null
        ? UNKNOWN
        : `${quantity(joules, 'J')}, ${percent(joules / row.joules)} of all`,
    ],
    ['bound by', layer.bound ?? UNKNOWN],
    ...(summary
      ? [
          ['operator', summary.kind] as const,
          [
            'weights and biases',
            `${count(summary.parameters)}${weights === null ? '' : `, ${percent(weights)} non-zero`}`,
          ] as const,
          [
            'inputs non-zero',
            `${percent(summary.activationDensity)}, ${summary.activationsOrigin}`,
          ] as const,
          [
            'MACs a frame',
            `${count(summary.macsDense)}, ${count(summary.macsNonzero)} of two non-zero values`,
          ] as const,
        ]
      : []),
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The sentences of the command `why`, worked out when asked for: it takes eleven drawings. */
function WhyNotFaster({
  results: { shown, summary },
  at,
  layer,
}: {
  readonly results: Results;
  readonly at: number;
  readonly layer: string;
}) {
  const { workload, designs } = shown;
  const design = designs[at];
  const key = JSON.stringify([workload, design]);
  const [asked, setAsked] = useState<string | null>(null);
  const answer = useInspection(asked === key && design ? { kind: 'why', workload, design } : null);
  if (summary.weights > MAX_WHY_WEIGHTS) {
    return (
      <p>
        Why pruning buys it no more: <code>zeroskip why {summary.name}</code> works it out; for the
        page the network has too many weights.
      </p>
    );
  }
  if (asked !== key) {
    return (
      <p>
        <Button
          onPress={() => setAsked(key)}
          title="Costs the network with its weights at eleven densities"
        >
          Why does pruning not buy more?
        </Button>
      </p>
    );
  }
  if (!answer)
    return <p role="status">Costing the network with its weights at eleven densities…</p>;
  if ('fault' in answer) {
    return (
      <p role="alert" className="fault">
        {answer.fault}
      </p>
    );
  }
  const reason = answer.found.layers.find(({ name }) => name === layer);
  return (
    <div className="why" role="status">
      {reason ? (
        <p>
          <strong>
            Pruning made this layer {ratio(reason.denseSeconds / reason.seconds)} as fast
          </strong>{' '}
          as with dense weights ({quantity(reason.denseSeconds, 's')})
          {reasonText(reason) === '' ? '.' : `: ${reasonText(reason)}.`}
        </p>
      ) : (
        <p>This layer multiplies nothing.</p>
      )}
      <p>{whyText(answer.found)}</p>
    </div>
  );
}
