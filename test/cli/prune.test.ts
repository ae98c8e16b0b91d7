// `prune` as users run it: what it refuses, what its files hold, and that being killed costs
// nothing but time.

import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { drawDigits } from '../../workloads/datasets/digits.js';
import { zeroskip } from './run-cli.js';

const folder = mkdtempSync(join(tmpdir(), 'zeroskip-prune-'));
const place = (name: string) => join(folder, name);

/** Digits as IDX files, and a network of 784 × 16 × 10. */
const digits = place('digits-images-idx3-ubyte');
const network = place('small.yaml');
const DIGITS = 300;

beforeAll(() => {
  const { images, labels } = drawDigits(DIGITS, 3, 'command line');
  const header = (magic: number, ...extents: readonly number[]) => {
    const words = new DataView(new ArrayBuffer(4 * (1 + extents.length)));
    [magic, ...extents].forEach((word, at) => {
      words.setUint32(4 * at, word);
    });
    return Buffer.from(words.buffer);
  };
  writeFileSync(digits, Buffer.concat([header(0x803, DIGITS, 28, 28), images]));
  writeFileSync(place('digits-labels-idx1-ubyte'), Buffer.concat([header(0x801, DIGITS), labels]));
  const layers = [
    { name: 'fc1', kind: 'dense', outputs: 16, activation: 'relu' },
    { name: 'fc2', kind: 'dense', outputs: 10 },
    { name: 'prob', kind: 'softmax' },
  ];
  writeFileSync(network, stringify({ network: 'small', input: [1, 28, 28], layers }));
});

const epochs = ['--epochs', '6', '--iterations', '3', '--final-epochs', '4', '--tune-epochs', '3'];
const fast = [
  ...['--batch', '32', '--target', '5', '--backend', 'wasm', '--no-scan', '--no-compare'],
  ...epochs,
];
const study = () => ['prune', network, '--data', digits, ...fast];

async function succeeds(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await zeroskip([...argv, '--quiet']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

describe('prune refuses in one line, with exit code 2 and nothing written', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['no workload', [], /found no workload, expected one, such as 'lenet-300-100'/],
    ['an unknown workload', ['lenet-6'], /'lenet-6' is unknown; did you mean lenet-5\?/],
    ['a group', ['eie-benchmark'], /is a group of networks/],
    [
      'an unknown pipeline',
      ['lenet-5', '--pipeline', 'dsb'],
      /pipeline 'dsb' is unknown; did you mean dsd\?/,
    ],
    ['data that are not there', ['lenet-5', '--data', place('nowhere')], /no such file or folder/],
    ['a layer that is not there', ['lenet-5', '--density', 'fc9=0.1'], /layer 'fc9' is unknown/],
    ['more bits than a byte has', ['lenet-5', '--bits', 'dense=9'], /whole numbers from 1 to 8/],
    ['bits of an unknown kind', ['lenet-5', '--bits', 'lstm=4'], /layer 'lstm' is unknown/],
    [
      'a share above all',
      ['lenet-5', '--target', '0.5'],
      /density: found 2, expected above 0 and up to 1/,
    ],
    ['a target of nothing', ['lenet-5', '--target', '0'], /Expected a number above 0/],
    ['seeds that are no numbers', ['lenet-5', '--seeds', '0,x'], /Expected a whole number/],
    ['unknown hardware', ['lenet-5', '--on', 'eie-46'], /unknown hardware 'eie-46'/],
    [
      'a pattern that is none',
      ['lenet-5', '--pattern', '5:4'],
      /Expected free, N:M such as 2:4, block:ROWSxCOLUMNS/,
    ],
    [
      'thresholds beside a pattern',
      ['lenet-5', '--pattern', '2:4', '--quality', '1'],
      /quality: found thresholds beside 2:4, expected --target or --density with it/,
    ],
    [
      'heads where there are none',
      ['lenet-5', '--pattern', 'heads', '--backend', 'wasm'],
      /lenet-5: found no attention, expected one to prune heads of/,
    ],
    [
      'a criterion without that pattern',
      ['char-decoder', '--criterion', 'sparsegpt', '--pattern', 'rows', '--backend', 'wasm'],
      /criterion sparsegpt: found the pattern rows, expected free or N:M/,
    ],
    [
      'one bit in groups',
      ['char-decoder', '--bits', '1', '--backend', 'wasm'],
      /bits: found 1, expected 2 to 8 for weights in groups/,
    ],
    [
      'pictures for a network of text',
      ['char-decoder', '--data', digits, '--backend', 'wasm'],
      /found data of another kind, expected 'procedural'/,
    ],
    [
      'a folder without a study',
      ['--resume', folder],
      /found no study.json, expected a folder that --checkpoint/,
    ],
    [
      'a workload beside a folder',
      ['lenet-5', '--resume', folder],
      /found a workload too, expected the folder/,
    ],
    [
      'pictures of another size',
      ['squeezenet-1.0', '--data', digits],
      /found pictures of 1×28×28, expected 3×227×227/,
    ],
    [
      'a folder that is not there',
      ['lenet-5', '--save', place('no/x.net')],
      /found no folder .*no, expected one to save/,
    ],
    [
      'wide codes in a .net file',
      ['lenet-5', '--save', 'x.net'],
      /no room for codes of 8 bits \(conv2d\), only of 4/,
    ],
    [
      'free weights in a .net file',
      ['lenet-5', '--pipeline', 'dsd', '--save', 'x.net'],
      /weights that are not shared/,
    ],
    [
      'no 3×3 convolution',
      ['lenet-5', '--pipeline', 'winograd'],
      /found no 3×3 convolution of stride 1/,
    ],
    ['a tile of 3', ['lenet-5', '--tile', '3'], /Expected 2 or 4/],
    ['weights that are none', ['lenet-5', '--weights', digits], /digits-images-idx3-ubyte/],
  ])('%s', async (_, argv, message) => {
    const before = readdirSync(folder);
    const { code, stdout, stderr } = await zeroskip(['prune', ...argv]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('a folder that holds another study, or a network that has changed since', async () => {
    const checkpoint = place('other');
    await succeeds([...study(), '--checkpoint', checkpoint]);
    const files = () =>
      readdirSync(checkpoint).map((name) => readFileSync(join(checkpoint, name), 'base64'));
    const before = files();
    const other = await zeroskip([...study(), '--checkpoint', checkpoint, '--rate', '0.01']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(
      /found a study with other stages, expected the same one, another folder, or --resume/,
    );
    const text = readFileSync(network, 'utf8');
    writeFileSync(network, `${text}# changed\n`);
    const changed = await zeroskip(['prune', '--resume', checkpoint, '--no-compare']);
    writeFileSync(network, text);
    expect(changed).toMatchObject({ code: 2, stdout: '' });
    expect(changed.stderr).toMatch(/found another network than the study in .* has/);
    expect(files()).toEqual(before);
  });
});

describe('a pruned network as a file', () => {
  interface Compared {
    readonly workload: { readonly weights_origin: string; readonly nonzeros: number };
    readonly results: readonly { readonly seconds: number }[];
  }
  const compared = async (weights: string): Promise<Compared> => {
    const argv = ['compare', network, '--weights', weights, '--on', 'eie-64', '--format', 'json'];
    return (JSON.parse(await succeeds(argv)) as readonly [Compared])[0];
  };

  it('is what compare, run and sweep compute with, as our own file and as .net', async () => {
    const model = place('pruned.safetensors');
    const net = place('pruned.net');
    // A code of a .net file has four bits.
    const coded = [...study(), '--bits', '4'];
    const text = await succeeds([...coded, '--save', model, '--format', 'json']);
    const report = JSON.parse(text) as {
      readonly seeds: readonly [
        { readonly steps: readonly { readonly layers: readonly { nonzeros: number }[] }[] },
      ];
    };
    const nonzeros = report.seeds[0].steps
      .at(-1)
      ?.layers.reduce((sum, layer) => sum + layer.nonzeros, 0);
    const ours = await compared(model);
    expect(ours.workload).toMatchObject({ weights_origin: 'real', nonzeros });

    await succeeds([...coded, '--save', net]);
    expect(await compared(net)).toEqual(ours);

    const run = async (file: string) =>
      JSON.parse(
        await succeeds([
          'run',
          network,
          '--executor',
          'sparse',
          '--weights',
          file,
          '--repeat',
          '1',
          '--format',
          'json',
        ]),
      ) as object;
    const [first, second] = [await run(model), await run(net)];
    expect(first).toMatchObject({ weights_origin: 'real', check: { ok: true } });
    expect(Reflect.get(second, 'top')).toEqual(Reflect.get(first, 'top'));

    const spec = place('sweep.yaml');
    writeFileSync(
      spec,
      stringify({
        ...{ name: 'pruned', hardware: 'eie-64', workloads: [{ name: network, weights: model }] },
        ...{ axes: { pes: [64] }, objectives: ['seconds'] },
      }),
    );
    await succeeds(['sweep', spec, '--store', place('pruned.sweep'), '--workers', '1']);
    const rows = await succeeds([
      'query',
      place('pruned.sweep'),
      'SELECT seconds FROM designs',
      '--format',
      'json',
    ]);
    expect((JSON.parse(rows) as readonly [{ seconds: number }])[0].seconds).toBe(
      ours.results[0]?.seconds,
    );
  });
});

describe('a study whose process is killed', () => {
  const outputs = (checkpoint: string, model: string) => [
    readFileSync(join(checkpoint, 'seed-0.checkpoint')),
    readFileSync(model),
  ];

  /** Kills the process with SIGKILL when its checkpoint has been written so many times. */
  async function killAfter(
    saves: number,
    argv: readonly string[],
    checkpoint: string,
  ): Promise<void> {
    const child = spawn(process.execPath, ['--import', 'tsx', 'reports/cli/bin.ts', ...argv], {
      stdio: 'ignore',
    });
    const ended = new Promise<string | null>((resolve) =>
      child.on('exit', (_, signal) => resolve(signal)),
    );
    let seen = 0;
    const watcher = watch(checkpoint, (_, file) => {
      // Each save is a new file that is renamed to this one.
      if (file === 'seed-0.checkpoint' && ++seen === saves) child.kill('SIGKILL');
    });
    expect(await ended).toBe('SIGKILL');
    watcher.close();
  }

  it('ends with the same bytes as one that was left alone', async () => {
    const whole = [place('whole'), place('whole.safetensors')] as const;
    await succeeds([...study(), '--checkpoint', whole[0], '--save', whole[1]]);
    const model = place('killed.safetensors');
    const killed = place('killed');
    mkdirSync(killed);
    await killAfter(2, [...study(), '--checkpoint', killed, '--save', model], killed);
    await killAfter(5, ['prune', '--resume', killed, '--no-compare', '--save', model], killed);
    expect(existsSync(model)).toBe(false);
    await succeeds(['prune', '--resume', killed, '--no-compare', '--save', model]);
    const [checkpoint, network] = outputs(killed, model);
    const [expected, saved] = outputs(...whole);
    expect(Buffer.compare(checkpoint as Buffer, expected as Buffer)).toBe(0);
    expect(Buffer.compare(network as Buffer, saved as Buffer)).toBe(0);
  }, 60_000);
});
