// The trace against the Trace Event Format ("JSON Object Format" of Google's document), as Perfetto
// imports it.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chromeTrace } from '../../reports/trace/chrome-trace.js';
import { compare } from '../../sim/compare.node.js';
import { zeroskip } from '../cli/run-cli.js';
import { HOSTILE_TITLE } from './comparison.js';

const args = z.record(z.string(), z.union([z.string(), z.number()]));
const base = { name: z.string(), pid: z.int().min(1) };
const time = z.number().min(0);
const Trace = z.strictObject({
  displayTimeUnit: z.enum(['ms', 'ns']),
  otherData: z.record(z.string(), z.string()),
  traceEvents: z.array(
    z.discriminatedUnion('ph', [
      z.strictObject({ ph: z.literal('M'), ...base, tid: z.int().optional(), args }),
      z.strictObject({
        ...{
          ph: z.literal('X'),
          ...base,
          cat: z.string(),
          tid: z.int().min(1),
          ts: time,
          dur: time,
        },
        args: args.optional(),
      }),
      z.strictObject({
        ph: z.literal('C'),
        ...base,
        ts: time,
        args: z.record(z.string(), z.number()),
      }),
    ]),
  ),
});

const parse = (text: string) => Trace.parse(JSON.parse(text));
type Events = z.infer<typeof Trace>['traceEvents'];

/**
 * Perfetto counts nanoseconds: slices of a thread must nest, counters must go forward, when read as
 * whole ones.
 */
function expectImportable(events: Events): void {
  const threads = new Map<string, number>();
  const counters = new Map<string, number>();
  for (const event of events) {
    if (event.ph === 'X') {
      const key = `${event.pid}/${event.tid}`;
      const [from, to] = [Math.round(event.ts * 1000), Math.round((event.ts + event.dur) * 1000)];
      expect(from, JSON.stringify(event)).toBeGreaterThanOrEqual(threads.get(key) ?? 0);
      threads.set(key, to);
    } else if (event.ph === 'C') {
      const key = `${event.pid}/${event.name}`;
      expect(event.ts).toBeGreaterThanOrEqual(counters.get(key) ?? 0);
      counters.set(key, event.ts);
    }
  }
}

const nameOf = (events: Events, kind: string) =>
  events.flatMap((event) => (event.ph === 'M' && event.name === kind ? [event.args.name] : []));

async function traceOf(room: number, hardware: readonly string[]) {
  const [comparison] = await compare({
    workloads: ['lenet-5'],
    hardware,
    repeat: 1,
    timelineRoom: room,
  });
  const results = comparison?.results ?? [];
  const timelines = results.flatMap(({ timeline, hardware: name }) =>
    timeline ? [{ ...timeline, name }] : [],
  );
  return { results, trace: parse(chromeTrace(timelines)) };
}

describe('a trace', () => {
  it('has a process a hardware and a thread a track, and is what Perfetto can read', async () => {
    const { trace } = await traceOf(20_000, ['eie-64', 'titan-x:dense', 'host:reference']);
    const { traceEvents } = trace;
    expectImportable(traceEvents);
    expect(nameOf(traceEvents, 'process_name')).toEqual([
      'eie-64 (modelled)',
      'titan-x (modelled)',
      'host (measured)',
    ]);
    const threads = nameOf(traceEvents, 'thread_name');
    expect(threads).toEqual(expect.arrayContaining(['layers', 'control unit', 'PE 0', 'PE 63']));
    const counters = new Set(
      traceEvents.flatMap((event) => (event.ph === 'C' ? [event.name] : [])),
    );
    expect([...counters]).toEqual(
      expect.arrayContaining(['PEs at work', 'activations in a queue', 'dram_bytes per second']),
    );
  });

  it('ends when the comparison says it does, with each layer as long as there', async () => {
    const { results, trace } = await traceOf(20_000, ['eie-64', 'i7-5930k']);
    for (const [at, { layers, seconds }] of results.entries()) {
      const own = trace.traceEvents.flatMap((event) =>
        event.ph === 'X' && event.pid === at + 1 ? [event] : [],
      );
      const shown = own.filter(({ tid }) => tid === 1);
      expect(shown.map(({ name }) => name)).toEqual(layers.map(({ name }) => name));
      // To the picosecond that the file resolves.
      for (const [layer, { dur }] of shown.entries()) {
        expect(Math.abs(dur / 1e9 - (layers[layer]?.seconds ?? 0))).toBeLessThan(2e-12);
      }
      expect(Math.max(...own.map(({ ts, dur }) => ts + dur)) / 1e9).toBeWithin(1e-6, seconds);
    }
  });

  it('keeps to the room it is given', async () => {
    const { trace: small } = await traceOf(2000, ['eie-64']);
    const { trace: large } = await traceOf(50_000, ['eie-64']);
    expectImportable(small.traceEvents);
    expect(large.traceEvents.length).toBeGreaterThan(2 * small.traceEvents.length);
    const steps = small.traceEvents.filter(({ ph }) => ph === 'X').length;
    expect(steps).toBeLessThan(2000 + 3 * 66 * 64);
  });

  it('is still JSON whatever names it holds', () => {
    const slice = { track: HOSTILE_TITLE, name: HOSTILE_TITLE, startSeconds: 0, endSeconds: 1e-9 };
    const { traceEvents } = parse(
      chromeTrace([{ origin: 'modelled', name: HOSTILE_TITLE, slices: [slice], levels: [] }]),
    );
    expect(traceEvents.at(-1)).toMatchObject({ ph: 'X', name: HOSTILE_TITLE, ts: 0, dur: 1 });
  });

  it('is written by compare, whole or not at all', async () => {
    const argv = ['compare', 'nt-we', '--on', 'eie-64', '--quiet'];
    const { code, stderr, stdout } = await zeroskip([
      ...argv,
      '--trace',
      '/no/such/folder/trace.json',
    ]);
    expect([code, stdout, stderr]).toEqual([
      2,
      '',
      'zeroskip: --trace /no/such/folder/trace.json: cannot be written (ENOENT)\n',
    ]);
  });
});
