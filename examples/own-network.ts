// A network of your own, exported by another tool, on two accelerators and on this machine.
// Run: npx tsx examples/own-network.ts [FILE.onnx]

import { compare, openWorkload } from 'zeroskip';

const [file = 'test/fixtures/onnx/torch-16.onnx'] = process.argv.slice(2);

const { entry } = await openWorkload(file);
for (const note of entry.notes ?? []) console.log(`note: ${note}`);
for (const layer of entry.network.layers) {
  const kept = entry.densities.layers[layer.name]?.weights;
  if (kept !== undefined)
    console.log(`${layer.name}: ${(100 * kept).toFixed(1)} % of the weights are not zero`);
}

const [comparison] = await compare({
  workloads: [file],
  hardware: ['i7-5930k', 'eie-64', 'host'],
  repeat: 3,
});
for (const { hardware, origin, kernel, seconds, speedup } of comparison?.results ?? []) {
  console.log(
    `${hardware}:${kernel} (${origin}): ${(seconds * 1e6).toFixed(1)} µs, ${speedup.toFixed(2)}×`,
  );
}
