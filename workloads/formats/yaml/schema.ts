// JSON Schema of networks in YAML, for editors.

import { z } from 'zod';
import { NetworkYaml } from './text.js';

export function networkSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(NetworkYaml, { io: 'input', target: 'draft-7' });
  return { ...schema, title: 'a network for zeroskip, layer by layer' };
}
