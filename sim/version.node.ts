import { readFileSync } from 'node:fs';

/**
 * The package's version, from the same relative place in the sources and, one folder deeper, in
 * dist/.
 */
export function packageVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        version: string;
      };
      return version;
    } catch {}
  }
  return 'unknown';
}
