// Examples that --help shows beneath each command, by its path.

export const examples: Readonly<Record<string, readonly string[]>> = {
  '': [
    'compare',
    'compare resnet-50 --on a10g,edge-tpu,host',
    'compare my-network.onnx --input cat.jpg --batch 8',
    'hardware list',
  ],
  compare: [
    'compare alex-7 --on i7-5930k:dense,i7-5930k:sparse,eie-64',
    'compare bert-base --dim sequence=64 --on a10g --layers',
    'compare squeezenet-1.0 --input cat.jpg --format html --out squeezenet.html',
  ],
  choose: [
    'choose mobilenet-v1 --latency 10ms --power 5W',
    'choose resnet-50@str-90 --budget 0.50 --by energy',
  ],
  why: ['why resnet-50@str-90 --on titan-x', 'why alexnet --on eie-64,a10g --batch 8'],
  breakeven: ['breakeven alex-8', 'breakeven resnet-50 --on a10g,edge-tpu --by batch'],
  storage: [
    'storage tinyllama-1.1b --density 0.5 --on raspberry-pi-5,h100-sxm',
    'storage llama-2-7b --density 2:4 --on a10g,h100-sxm,host',
  ],
  stack: [
    ...['stack', 'stack --on host,titan-x --cost'],
    'stack tinyllama-1.1b --on raspberry-pi-5,a10g,h100-sxm',
  ],
  run: [
    'run squeezenet-1.0 --input cat.jpg',
    'run my-network.onnx --executor onnxruntime --threads 4',
  ],
  explore: ['explore alex-6', 'explore alex-6 --on eie-64,eie-256 --out page'],
  sweep: ['sweep eie-figure-8', 'sweep space.yaml --workers 8 --resume'],
  merge: ['merge part-1.sweep part-2.sweep --into whole.sweep'],
  query: ['query eie-figure-8.sweep "SELECT * FROM designs ORDER BY seconds LIMIT 5"'],
  front: ['front eie-space.sweep', 'front eie-space.sweep --charts pictures'],
  sensitivity: ['sensitivity eie-space.sweep'],
  diff: ['diff eie-space.sweep 12 40'],
  worker: ['worker --redis redis://127.0.0.1:6379'],
  hardware: ['hardware list', 'hardware show titan-x'],
  'hardware list': ['hardware list', 'hardware list --format json'],
  'hardware show': ['hardware show eie-64', 'hardware show my-chip.yaml'],
  'hardware diff': ['hardware diff eie-64 eie-256'],
  'hardware check': ['hardware check my-chip.yaml'],
  'hardware map': ['hardware map eyeriss-v2 alex-6', 'hardware map my-array.yaml net.onnx'],
  'hardware import': [
    'hardware import arch.yaml components/*.yaml --out my-chip.yaml',
    'hardware import scale.cfg --out my-array.yaml',
  ],
  'hardware evaluate': [
    'hardware evaluate arch.yaml problem.yaml map.yaml ERT.yaml',
    'hardware evaluate design-folder --format json',
  ],
  'hardware ert': [
    'hardware ert ERT.yaml --onto eie-64 --map wordRead=glb.read --out my-chip.yaml',
  ],
  'hardware schema': ['hardware schema eie --out eie.schema.json'],
  workloads: ['workloads list', 'workloads show resnet-50'],
  'workloads list': ['workloads list'],
  'workloads show': ['workloads show resnet-50', 'workloads show bert-base --dim sequence=64'],
  'workloads check': ['workloads check my-network.onnx'],
  'workloads schema': ['workloads schema --out network.schema.json'],
  prune: [
    'prune lenet-300-100 --save pruned.safetensors',
    'prune lenet-5 --pipeline 2:4 --seeds 0,1,2 --checkpoint study',
  ],
  pull: ['pull', 'pull squeezenet-1.0-compressed'],
  export: [
    'export alexnet --out alexnet.onnx',
    'export eie-64 --to ert',
    'export gemmini --to timeloop',
  ],
  validate: ['validate', 'validate --claims --format csv', 'validate --host --workloads alexnet'],
  calibrate: ['calibrate', 'calibrate --out this-machine.yaml'],
  completion: [
    'completion bash >> ~/.bashrc',
    'completion zsh >> ~/.zshrc',
    'completion fish > ~/.config/fish/completions/zeroskip.fish',
  ],
};

/** The text beneath a command's help. */
export function exampleText(path: string): string {
  const lines = examples[path] ?? [];
  const title = lines.length > 1 ? 'Examples:' : 'Example:';
  return lines.length === 0
    ? ''
    : `\n${title}\n${lines.map((line) => `  zeroskip ${line}`).join('\n')}`;
}
