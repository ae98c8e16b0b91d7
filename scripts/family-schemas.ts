// Writes the JSON Schema of every family of the catalog: a part of `npm run schemas`.

import { writeFileSync } from 'node:fs';
import { catalog } from '../hw-models/catalog.js';
import { hardwareSchema } from '../hw-models/presets.node.js';

for (const { name } of catalog) {
  writeFileSync(
    `schemas/${name}.schema.json`,
    `${JSON.stringify(hardwareSchema(name), null, 2)}\n`,
  );
}
