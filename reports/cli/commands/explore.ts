import { type Command, InvalidArgumentError } from 'commander';
import { stopOnSignals } from '../long-work.js';
import { commaList, refusePluginOption, type Terminal, wholeNumber } from '../output.js';

interface Options {
  readonly on: readonly string[];
  readonly batch: number;
  readonly seed: number;
  readonly port: number;
  readonly out?: string;
}

const DEFAULT_PORT = 8064;
const MAX_PORT = 65_535;

function portNumber(text: string): number {
  const port = wholeNumber(0)(text);
  if (port > MAX_PORT) throw new InvalidArgumentError(`Expected a port, 0 to ${MAX_PORT}.`);
  return port;
}

/** The explorer page, served or as a folder. */
export function addExplore(program: Command, terminal: Terminal): void {
  const command = program
    .command('explore')
    .description(
      'change a design’s numbers in a browser and watch time, energy, area and load balance',
    )
    .argument('[workload]', 'a name from "zeroskip workloads list"', 'alex-6')
    .option('--on <hardware>', 'one design or two, NAME[:KERNEL] or FILE.yaml', commaList, [
      'eie-64',
    ])
    .option('--batch <n>', 'frames per batch', wholeNumber(1), 1)
    .option('--seed <n>', 'seed of all random values', wholeNumber(0), 0)
    .option('--port <n>', 'port on 127.0.0.1; 0 for any free port', portNumber, DEFAULT_PORT)
    .option('--out <folder>', 'write the page as a folder for any web host instead of serving it');
  refusePluginOption(
    command,
    'The explorer runs in a browser, with the families of the package only; compare, sweep and why take plugins.',
  ).action(async (workload: string, { on, batch, seed, port, out }: Options) => {
    const { gatherOffer } = await import('../../explorer/offer.node.js');
    const { siteOf, writeSite } = await import('../../explorer/site.node.js');
    const site = await siteOf(gatherOffer({ workload, hardware: on, batch, seed }));
    if (out !== undefined) {
      await writeSite(site, out);
      terminal.stderr.write(`zeroskip: ${out}: any web host serves it; npx serve ${out} here\n`);
      return;
    }
    const { serveSite } = await import('../../explorer/server.node.js');
    const served = await serveSite(site, port);
    const stop = stopOnSignals();
    terminal.stdout.write(`${served.url}\n`);
    terminal.stderr.write('zeroskip: open the address in a browser; Ctrl-C stops\n');
    await new Promise<void>((resolve) => {
      if (stop.signal.aborted) resolve();
      else stop.signal.addEventListener('abort', () => resolve());
    });
    stop.release();
    await served.close();
  });
}
