// Models' files that are not read here, by their endings, and the way on from each.

import { nearestOf } from '../base/nearest.js';

/** What a file is, and what to do to have it read. */
interface Foreign {
  readonly ending: RegExp;
  readonly what: string;
  readonly todo: string;
}

const tf2onnx = (from: string) =>
  `write it as ONNX: python -m tf2onnx.convert ${from} --output model.onnx`;

const foreign: readonly Foreign[] = [
  {
    ending: /\.(pt|pth|pt2|ptl|bin|ckpt|pkl|pickle)$/i,
    what: 'a checkpoint of PyTorch (Python objects)',
    todo: "write it as ONNX where its model runs: torch.onnx.export(model, example, 'model.onnx')",
  },
  {
    ending: /\.pb$/i,
    what: 'a graph of TensorFlow',
    todo: tf2onnx('--saved-model FOLDER (or --graphdef FILE)'),
  },
  {
    ending: /\.(h5|hdf5|keras)$/i,
    what: 'a model of Keras',
    todo: "write it as ONNX: model.export('model.onnx', format='onnx')",
  },
  { ending: /\.tflite$/i, what: 'a model of TensorFlow Lite', todo: tf2onnx('--tflite FILE') },
  {
    ending: /\.(mlmodel|mlpackage|mlmodelc)$/i,
    what: 'a model of Core ML',
    todo: 'name the ONNX file of the model that it was made from',
  },
  {
    ending: /\.(engine|plan|trt)$/i,
    what: "TensorRT's program for one GPU, which no longer holds the network",
    todo: 'name the ONNX file that it was built from',
  },
  {
    ending: /\.ggml$/i,
    what: 'weights for an old llama.cpp',
    todo: 'name a .gguf file, which llama.cpp converts it to',
  },
  {
    ending: /\.xml$/i,
    what: "OpenVINO's form of a network",
    todo: 'name the ONNX file that it was made from',
  },
];

/** Files that belong to a network but do not describe one. */
const parts: readonly Foreign[] = [
  {
    ending: /\.safetensors$/i,
    what: 'weights without their layers',
    todo: 'name a YAML file with layers and weights: FILE (docs/formats.md)',
  },
  {
    ending: /\.caffemodel$/i,
    what: 'weights without their layers',
    todo: 'name the .prototxt, with --weights FILE where it has another name',
  },
  {
    ending: /\.net$/i,
    what: "Deep Compression's weights without their layers",
    todo: 'name the network, with --weights FILE',
  },
  {
    ending: /\.(jpe?g|png|gif|webp|bmp)$/i,
    what: 'a picture',
    todo: 'name a network, with --input FILE',
  },
  {
    ending: /\.(gz|tgz|tar|zip|xz|bz2|zst|7z)$/i,
    what: 'an archive',
    todo: 'unpack it and name a file in it',
  },
];

/**
 * 'found …, expected …: way on' for a kind that is known and not read; null for all other names.
 */
export function foreignNetwork(name: string): string | null {
  const kind = [...foreign, ...parts].find(({ ending }) => ending.test(name));
  return kind ? `found ${kind.what}, expected a network: ${kind.todo}` : null;
}

/** The same of a file that is to hold weights; networks bring their own. */
export function foreignWeights(name: string): string | null {
  const kind = foreign.find(({ ending }) => ending.test(name));
  if (kind)
    return `found ${kind.what}, expected weights alone: ${kind.todo}, which brings its weights`;
  const network = networks.find(([ending]) => ending.test(name));
  return network ? `found ${network[1]}, expected weights alone: ${network[2]}` : null;
}

const networks: readonly (readonly [ending: RegExp, what: string, todo: string])[] = [
  [/\.onnx$/i, 'a network with its weights', 'name it in place of the network'],
  [/\.(json|prototxt)$/i, 'a network', 'name it in place of the network'],
  [/\.caffemodel$/i, "Caffe's weights", 'name their .prototxt in place of the network'],
  [
    /\.safetensors$/i,
    'tensors by name',
    'name a YAML file with layers and weights: FILE in place of the network',
  ],
];

/** Of a name whose ending nobody knows; `known` are the endings that are read. */
export function unknownEnding(name: string, known: readonly string[]): string {
  const [ending] = /\.[^./\\]*$/.exec(name) ?? [];
  if (ending === undefined)
    return `found a name without an ending, expected one that tells the kind, such as ${known[0]}`;
  const nearest = nearestOf(ending, known);
  const way = nearest === null ? 'docs/formats.md lists what is read' : `did you mean ${nearest}?`;
  return `found the ending ${ending}, which no network has here; ${way}`;
}
