#!/usr/bin/env node
// The program: the command line of this process, on its own streams.

import { main } from './main.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader such as head may close the pipe before all is written: that is no fault.
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`zeroskip: the result cannot be written (${error.message})\n`);
  process.exit(1);
});
// Nobody reads what is said beside the result: that is no reason to end.
process.stderr.on('error', () => {});

process.exitCode = await main(process.argv.slice(2), process);
