// Published weights: the catalog, and one file that is there now.

import type { Pulled } from '../../sim/pull.node.js';
import type { PublishedWeights } from '../../workloads/data/published-weights.js';
import { left, right, type View } from '../document.js';

export function publishedListView(all: readonly PublishedWeights[]): View {
  return {
    title: 'zeroskip pull',
    sections: () => [
      {
        heading: 'Published weights',
        table: {
          columns: [left('name'), left('what'), left('workload'), right('bytes'), left('licence')],
          rows: all.map(({ name, title, workload, bytes, licence }) => [
            name,
            title,
            workload,
            bytes.toLocaleString('en-US'),
            licence,
          ]),
        },
      },
    ],
    json: () => all,
    records: () => ({
      columns: ['name', 'workload', 'file', 'bytes', 'sha256', 'url', 'licence'],
      rows: all.map(({ name, workload, file, bytes, sha256, url, licence }) => [
        name,
        workload,
        file,
        bytes,
        sha256,
        url,
        licence,
      ]),
    }),
  };
}

export function pulledView({ weights, file, transferred }: Pulled): View {
  const { name, workload, bytes, sha256, licence, source } = weights;
  return {
    title: 'zeroskip pull',
    sections: () => [
      {
        heading: `${file}: ${transferred === 0 ? 'there already' : 'downloaded'}`,
        lines: [
          `${source.work}, ${source.at}; ${licence}`,
          `SHA-256 ${sha256}, ${bytes.toLocaleString('en-US')} bytes, as expected`,
          `zeroskip compare ${workload} --weights ${file}`,
        ],
      },
    ],
    json: () => ({ name, file, workload, bytes, sha256, transferred }),
    records: () => ({
      columns: ['name', 'file', 'workload', 'bytes', 'sha256', 'transferred'],
      rows: [[name, file, workload, bytes, sha256, transferred]],
    }),
  };
}
