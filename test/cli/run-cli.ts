// Runs a command line in this process and keeps what it said.

import { main } from '../../reports/cli/main.js';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * `columns`: width of the terminal that stdout pretends to be; without it stdout is no terminal.
 */
export async function zeroskip(
  argv: readonly string[],
  {
    columns,
    env = {},
  }: { readonly columns?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Said> {
  let stdout = '';
  let stderr = '';
  const code = await main(argv, {
    stdout: {
      write: (text: string | Uint8Array) => {
        stdout += text;
        return true;
      },
      ...(columns === undefined ? {} : { isTTY: true, columns }),
    },
    stderr: {
      write: (text: string | Uint8Array) => {
        stderr += text;
        return true;
      },
    },
    env,
  });
  return { code, stdout, stderr };
}
