// Messages decoded by their description, against the code that protobufjs makes of it.

import fc from 'fast-check';
import protobuf from 'protobufjs/light.js';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../workloads/formats/wire.js';
import { decode } from '../../fuzz/importer.js';
import { mutate } from '../../fuzz/mutate.js';

const root = protobuf.Root.fromJSON({
  nested: {
    Tree: {
      oneofs: { either: { oneof: ['size', 'label'] } },
      fields: {
        name: { type: 'string', id: 1 },
        count: { type: 'int32', id: 2 },
        wide: { type: 'int64', id: 3 },
        share: { type: 'float', id: 4 },
        exact: { type: 'double', id: 5 },
        raw: { type: 'bytes', id: 6 },
        child: { type: 'Tree', id: 7 },
        children: { rule: 'repeated', type: 'Tree', id: 8 },
        words: { rule: 'repeated', type: 'string', id: 9 },
        wides: { rule: 'repeated', type: 'int64', id: 10 },
        packed: { rule: 'repeated', type: 'uint64', id: 11, options: { packed: true } },
        shares: { rule: 'repeated', type: 'float', id: 12, options: { packed: true } },
        exacts: { rule: 'repeated', type: 'double', id: 13 },
        size: { type: 'int64', id: 14 },
        label: { type: 'string', id: 15 },
      },
    },
  },
});
const tree = root.lookupType('Tree');

const wide = fc.maxSafeInteger();
const { message } = fc.letrec<{ message: object }>((tie) => ({
  message: fc.record(
    {
      name: fc.string(),
      count: fc.integer(),
      wide,
      share: fc.float({ noNaN: true }),
      exact: fc.double({ noNaN: true }),
      raw: fc.uint8Array({ maxLength: 9 }),
      child: fc.option(tie('message'), { nil: undefined, depthIdentifier: 'tree' }),
      children: fc.array(tie('message'), { maxLength: 3, depthIdentifier: 'tree' }),
      words: fc.array(fc.string(), { maxLength: 3 }),
      wides: fc.array(wide, { maxLength: 3 }),
      packed: fc.array(fc.maxSafeNat(), { maxLength: 3 }),
      shares: fc.array(fc.float({ noNaN: true }), { maxLength: 3 }),
      exacts: fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
      size: wide,
    },
    { requiredKeys: [] },
  ),
}));

const theirs = (bytes: Uint8Array, defaults: boolean) =>
  tree.toObject(tree.decode(bytes), { longs: Number, defaults, arrays: true });
/** Bytes as text: an empty array and an empty Buffer are the same. */
const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_, inner) =>
      inner instanceof Uint8Array || inner?.type === 'Buffer'
        ? `bytes ${decode(Uint8Array.from(inner.data ?? inner))}`
        : inner,
    ),
  );

describe('messages by their description', () => {
  it.each([true, false])('are what generated code finds, defaults %s', (defaults) => {
    fc.assert(
      fc.property(message, (random) => {
        const bytes = Uint8Array.from(tree.encode(tree.fromObject(random)).finish());
        expect(plain(decodeMessage(tree, bytes, { defaults }))).toEqual(
          plain(theirs(bytes, defaults)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('are refused where generated code refuses them', () => {
    const nested = { name: 'a', wides: [1, 2], child: { words: ['b'], children: [{ size: 3 }] } };
    const whole = Uint8Array.from(tree.encode(tree.fromObject(nested)).finish());
    const outcome = (read: () => unknown) => {
      try {
        return plain(read());
      } catch (error) {
        return error instanceof RangeError ? 'range' : String(error);
      }
    };
    const outcomes = Array.from({ length: 1500 }, (_, at) => {
      const bytes = Uint8Array.from(mutate(whole, false, 5, at));
      const own = outcome(() => decodeMessage(tree, bytes));
      expect(own, `file ${at}`).toEqual(outcome(() => theirs(bytes, false)));
      return typeof own;
    });
    expect(new Set(outcomes)).toEqual(new Set(['string', 'object']));
  });

  it('are refused where they lie too deep', () => {
    let bytes = new Uint8Array(0);
    // A child within a child: field 7.
    for (let depth = 0; depth < 200; depth++)
      bytes = Uint8Array.from([58, ...lengthOf(bytes.length), ...bytes]);
    expect(() => decodeMessage(tree, bytes)).toThrow('max depth exceeded');
  });
});

/** A varint. */
function lengthOf(length: number): readonly number[] {
  return length < 128 ? [length] : [(length & 127) | 128, length >> 7];
}
