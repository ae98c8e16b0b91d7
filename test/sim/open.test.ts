// Files that a model names, and names of files that are no networks.

import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openWorkload } from '../../sim/open.node.js';
import { floats, writeSafetensors } from '../../workloads/formats/safetensors.js';
import { refusal } from '../workloads/formats/source.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-open-'));
const at = (...names: readonly string[]) => join(folder, ...names);
const yaml =
  'network: n\ninput: [2]\nweights: w.safetensors\nlayers: [{ name: fc, kind: dense, outputs: 1, bias: false }]\n';
const weights = writeSafetensors({
  metadata: {},
  tensors: new Map([['fc.weight', floats(Float32Array.of(1, 2), [1, 2])]]),
});
for (const name of ['inside', 'outside', 'cache', 'snapshot', 'down/below'])
  mkdirSync(at(name), { recursive: true });
writeFileSync(at('outside', 'w.safetensors'), weights);
for (const name of ['inside', 'down']) writeFileSync(at(name, 'n.yaml'), yaml);

describe.skipIf(process.platform === 'win32')('a link that a model names', () => {
  it('may lead below its folder', async () => {
    writeFileSync(at('down', 'below', 'blob'), weights);
    symlinkSync('below/blob', at('down', 'w.safetensors'));
    expect((await openWorkload(at('down', 'n.yaml'))).entry.weights?.size).toBe(1);
  });

  it('may lead to where the model itself is a link to, as in a download cache', async () => {
    writeFileSync(at('cache', 'blob1'), yaml);
    writeFileSync(at('cache', 'blob2'), weights);
    symlinkSync('../cache/blob1', at('snapshot', 'n.yaml'));
    symlinkSync('../cache/blob2', at('snapshot', 'w.safetensors'));
    expect((await openWorkload(at('snapshot', 'n.yaml'))).entry.weights?.size).toBe(1);
  });

  it('leads nowhere else, whether the file itself or its folder', async () => {
    symlinkSync('../outside/w.safetensors', at('inside', 'w.safetensors'));
    symlinkSync('../outside', at('inside', 'sub'));
    expect(await refusal(() => openWorkload(at('inside', 'n.yaml')))).toContain(
      'found a link that leads out of the folder',
    );
    writeFileSync(at('inside', 'm.yaml'), yaml.replace('w.safetensors', 'sub/w.safetensors'));
    expect(await refusal(() => openWorkload(at('inside', 'm.yaml')))).toContain(
      'found a link that leads out of the folder',
    );
  });
});

describe('a name of a file that is no network', () => {
  it.each([
    ['net.pt', "torch.onnx.export(model, example, 'model.onnx')"],
    ['net.pth', 'torch.onnx.export'],
    ['net.bin', 'torch.onnx.export'],
    ['net.ckpt', 'torch.onnx.export'],
    ['net.pb', 'tf2onnx.convert --saved-model'],
    ['net.h5', "model.export('model.onnx', format='onnx')"],
    ['net.keras', "model.export('model.onnx', format='onnx')"],
    ['net.tflite', 'tf2onnx.convert --tflite'],
    ['net.mlmodel', 'name the ONNX file'],
    ['net.engine', 'name the ONNX file that it was built from'],
    ['net.ggml', 'name a .gguf file'],
    ['net.safetensors', 'name a YAML file with layers'],
    ['net.caffemodel', 'name the .prototxt'],
    ['net.net', '--weights FILE'],
    ['net.png', '--input FILE'],
    ['net.tar.gz', 'unpack it'],
    ['net.onx', 'found the ending .onx, which no network has here; did you mean .onnx?'],
    ['net.qqqqqq', 'docs/formats.md lists what is read'],
    ['net', 'found a name without an ending, expected one that tells the kind, such as .onnx'],
  ])('%s is refused with a way on', async (name, way) => {
    writeFileSync(at(name), 'x');
    const message = await refusal(() => openWorkload(at(name)));
    expect(message).toContain(way);
    expect(message.slice(at(name).length).length).toBeLessThan(250);
    expect(message).not.toContain('\n');
  });

  it('is told only once it is there', async () => {
    expect(await refusal(() => openWorkload('nowhere.pt'))).toBe('nowhere.pt: no such file');
  });

  it('is taken for a network that is misspelt, where it is called much like one', async () => {
    expect(await refusal(() => openWorkload('squeezenet-1.O'))).toBe(
      'squeezenet-1.O: no such file or network; did you mean squeezenet-1.0?',
    );
    expect(await refusal(() => openWorkload('./squeezenet-1.O'))).toBe(
      './squeezenet-1.O: no such file',
    );
  });

  it('may be a folder', async () => {
    mkdirSync(at('saved'));
    expect(await refusal(() => openWorkload(at('saved')))).toContain(
      'found a folder without model.json',
    );
    writeFileSync(at('saved', 'saved_model.pb'), '');
    expect(await refusal(() => openWorkload(at('saved')))).toContain('found a graph of TensorFlow');
  });
});
