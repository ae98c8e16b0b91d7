// Where sharp's platform binary was not installed: `npm ci --omit=optional`.

import { expect, it, vi } from 'vitest';
import { InputError } from '../../../../workloads/base/errors.js';
import { readImage } from '../../../../workloads/formats/images/image.node.js';

vi.mock('sharp', () => {
  throw new Error('Could not load the "sharp" module');
});

it('refuses pictures in one line that says what to install', async () => {
  const preprocessing = {
    resize: 4,
    crop: 2,
    channelOrder: 'rgb',
    mean: [0, 0, 0],
    scale: 1,
  } as const;
  const refusal = readImage(Uint8Array.of(1), preprocessing, 'cat.jpg');
  await expect(refusal).rejects.toThrow(InputError);
  await expect(refusal).rejects.toThrow(
    /^cat\.jpg: found no sharp for \w+-\w+, .* expected it installed \(npm install .*\)$/,
  );
});
