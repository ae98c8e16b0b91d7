// Builds the library of native kernels by the system's compiler, at first use, and keeps it in the
// user's cache folder under a key of source, compiler and processor.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../plan-store.node.js';

export const SOURCE_FOLDER = fileURLToPath(new URL('./c/', import.meta.url));

/** As the kernels' tolerances allow: products and sums may be fused. */
const COMMON_FLAGS = [
  '-std=c11',
  '-O3',
  '-ffp-contract=fast',
  '-fno-math-errno',
  '-Wall',
  '-Wextra',
];
const LIBRARY_FLAGS = ['-fPIC', '-fvisibility=hidden', '-pthread'];

export interface BuildOptions {
  /** The compiler's command, with its own options; $CC, cc, gcc or clang unless told. */
  readonly compiler?: string | undefined;
  /** Flags beside the own ones, such as a sanitizer's. */
  readonly flags?: readonly string[];
  /** Where libraries are kept. */
  readonly folder?: string;
}

export interface BuiltLibrary {
  readonly path: string;
  /** Another source, compiler, flag or processor has another one. */
  readonly key: string;
}

interface Compiler {
  readonly command: readonly [string, ...string[]];
  /** What `--version` says. */
  readonly version: string;
}

/** The library's file, built unless it is there. @throws Error, in words, where that cannot be. */
export async function buildLibrary(options: BuildOptions = {}): Promise<BuiltLibrary> {
  const { flags = [], folder = join(cacheFolder(), 'native') } = options;
  const compiler = await findCompiler(options.compiler ?? process.env.CC);
  const names = (await readdir(SOURCE_FOLDER)).filter((name) => /\.[ch]$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(SOURCE_FOLDER, name), 'utf8')));
  const all = [...compiler.command, ...COMMON_FLAGS, processorFlag(), ...LIBRARY_FLAGS, ...flags];
  const facts = { names, texts, all, version: compiler.version, processor: await processorText() };
  const key = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
  const path = join(folder, `zeroskip-${key}.so`);
  if (!(await exists(path))) await compileTo(path, folder, all, names);
  return { path, key };
}

/** In a folder of its own, then renamed: whoever else builds the same makes the same file. */
async function compileTo(
  path: string,
  folder: string,
  command: readonly string[],
  names: readonly string[],
): Promise<void> {
  const own = await ownFolder(folder);
  try {
    const sources = names.filter((name) => name.endsWith('.c'));
    const objects = sources.map((name) => join(own, `${name}.o`));
    await Promise.all(
      sources.map((name, at) =>
        compile([...command, '-c', join(SOURCE_FOLDER, name), '-o', objects[at] as string]),
      ),
    );
    const library = join(own, 'library');
    await compile([...command, '-shared', ...objects, '-o', library]);
    await rename(library, path);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function ownFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    return await mkdtemp(join(folder, 'building-'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown fault';
    throw new Error(`${folder}: cannot be written (${code})`);
  }
}

async function compile([command = '', ...rest]: readonly string[]): Promise<void> {
  const { code, output } = await spawned(command, rest);
  if (code === 0) return;
  const [line = ''] = output.split('\n').filter((text) => /error/i.test(text));
  throw new Error(`${command} failed: ${line.trim() || `exit code ${code}`}`);
}

async function findCompiler(told: string | undefined): Promise<Compiler> {
  const candidates = told ? [told] : ['cc', 'gcc', 'clang'];
  for (const candidate of candidates) {
    const [command = '', ...rest] = candidate.trim().split(/\s+/);
    const { code, output } = await spawned(command, [...rest, '--version']);
    if (code === 0 && output !== '') return { command: [command, ...rest], version: output };
  }
  throw new Error(
    told
      ? `the compiler '${told}' ($CC) cannot be run`
      : `found no C compiler; install ${candidates.join(', ')}, or name one as $CC`,
  );
}

/** What a program says, and how it ends: null where it cannot be started. */
function spawned(
  command: string,
  rest: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.on('error', () => resolve({ code: null, output: '' }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Compilers for Arm know the host as a cpu. */
function processorFlag(): string {
  return process.arch === 'arm64' ? '-mcpu=native' : '-march=native';
}

/** What -march=native goes by, of the first core. */
async function processorText(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const lines = (text.split('\n\n')[0] ?? '').split('\n');
  const told = lines.filter((line) => !/^(cpu MHz|bogomips|BogoMIPS|processor|core id)/.test(line));
  return `${process.platform} ${process.arch} ${told.join('\n')}`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
