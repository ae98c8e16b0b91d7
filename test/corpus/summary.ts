// What the corpus showed, as a document tells it.

import { markdownTable } from 'markdown-table';
import type { Outcome } from './try-file.js';

/** Shares by family, and why the rest is not read as it is. */
export function table(outcomes: readonly Outcome[]): string {
  const families = [...new Set(outcomes.map(({ family }) => family))];
  const row = (name: string, of: readonly Outcome[]) => {
    const read = of.filter(({ layers, refusal }) => layers > 0 && refusal === null);
    const byName = of.filter(({ layers, refusal }) => layers > 0 && refusal !== null);
    const opaque = of.filter((outcome) => outcome.layers > 0 && outcome.opaque.length > 0);
    const agreed = of.filter(({ error }) => error !== null);
    const smooth = agreed.filter(({ steps }) => steps === null);
    const max = Math.max(0, ...smooth.map(({ error }) => error ?? 0));
    const stepped = agreed.filter(({ steps }) => steps !== null);
    const steps = Math.max(0, ...stepped.map((outcome) => outcome.steps ?? 0));
    const inSteps =
      stepped.length > 0 ? `; ${stepped.length} quantized, at most ${steps} step` : '';
    return [
      ...[
        name,
        `${of.length}`,
        `${read.length} (${Math.round((100 * read.length) / Math.max(1, of.length))} %)`,
      ],
      ...[`${byName.length}`, `${of.length - read.length - byName.length}`, `${opaque.length}`],
      `${agreed.length}${agreed.length > 0 ? `, at most ${max.toExponential(1)}` : ''}${inSteps}`,
    ];
  };
  const head = [
    'format',
    'files',
    'read as they are',
    'with `--dim`',
    'refused',
    'with opaque operators',
    'compared with ONNX Runtime',
  ];
  const rows = [
    ...families.map((family) =>
      row(
        family,
        outcomes.filter((outcome) => outcome.family === family),
      ),
    ),
    row('all', outcomes),
  ];
  const refused = outcomes.filter(({ refusal }) => refusal !== null);
  const reasons = refused.map(({ name, refusal }) => `- \`${name}\`: ${refusal}`);
  const opaque = new Map<string, number>();
  for (const outcome of outcomes)
    for (const name of outcome.opaque) opaque.set(name, (opaque.get(name) ?? 0) + 1);
  const operators = [...opaque].map(([name, count]) => `${name} (${count})`);
  return [
    markdownTable([head, ...rows], { align: ['l', 'r', 'r', 'r', 'r', 'r', 'l'] }),
    '',
    ...(reasons.length > 0
      ? ['Not read as they are, and what the message says:', '', ...reasons.map(wrapped), '']
      : []),
    ...(operators.length > 0 ? [`Opaque operators, by files: ${operators.join(', ')}.`] : []),
  ].join('\n');
}

/** An item of a list in lines of at most 100 characters, as the docs have them. */
function wrapped(item: string): string {
  const lines = [''];
  for (const word of item.split(' ')) {
    const line = lines.at(-1) as string;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length > 100) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join('\n');
}
