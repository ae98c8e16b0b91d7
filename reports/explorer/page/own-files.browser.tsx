// The panel that takes files of the reader's own: dropped anywhere on the page, or chosen.

import { useEffect, useRef, useState } from 'preact/hooks';
import { networkOf } from '../networks.js';
import type { Offer } from '../offer.js';
import type { Extents } from '../own-names.js';
import type { ExplorerState } from '../state.js';
import { Button } from './controls.browser.js';
import { chosenFiles, droppedFiles } from './dropped.browser.js';
import { type GivenFile, type OwnFilesRead, readOwnFiles, Unreadable } from './given.browser.js';

interface OwnFilesProps {
  readonly offer: Offer;
  readonly state: ExplorerState;
  /** Takes over what was read. */
  readonly onRead: (read: OwnFilesRead) => void;
}

type Told =
  | { readonly kind: 'reading'; readonly path: string }
  | {
      readonly kind: 'fault';
      readonly fault: string;
      readonly files: readonly GivenFile[];
      readonly open: readonly string[];
    }
  | {
      readonly kind: 'read';
      readonly read: OwnFilesRead;
      readonly files: readonly GivenFile[];
      readonly open: readonly string[];
    };

export function OwnFiles({ offer, state, onRead }: OwnFilesProps) {
  const [told, tell] = useState<Told | null>(null);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const latest = useRef(0);
  const take = async (given: Promise<readonly GivenFile[]>, dims: Extents = {}) => {
    const own = ++latest.current;
    let all: readonly GivenFile[] = [];
    try {
      all = await given;
      tell({ kind: 'reading', path: all[0]?.path ?? 'nothing' });
      const read = await readOwnFiles(all, offer, dims);
      onRead(read);
      if (own === latest.current) tell({ kind: 'read', read, files: all, open: read.open });
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      const open = error instanceof Unreadable ? error.open : [];
      if (own === latest.current) tell({ kind: 'fault', fault, files: all, open });
    }
  };
  const isDragged = useDrop((transfer) => void take(droppedFiles(transfer)));
  const onChange = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
    const chosen = chosenFiles(currentTarget.files);
    // The same files may be chosen again.
    currentTarget.value = '';
    if (chosen.length > 0) void take(Promise.resolve(chosen));
  };
  const { offered } = networkOf(offer, state.workload);
  return (
    <section aria-labelledby="own-files">
      <h2 id="own-files">Your own files</h2>
      <p>
        Drop a network or a device anywhere on this page. It is read in the browser; nothing is sent
        anywhere.
      </p>
      <div className="below">
        <input ref={files} id="files" type="file" multiple hidden onChange={onChange} />
        <Button onPress={() => files.current?.click()}>Choose files…</Button>
        <input
          ref={(input) => {
            folder.current = input;
            // No attribute that the types of this library know.
            input?.setAttribute('webkitdirectory', '');
          }}
          id="folder"
          type="file"
          hidden
          onChange={onChange}
        />
        <Button onPress={() => folder.current?.click()}>Choose a folder…</Button>
      </div>
      {told && <Message told={told} />}
      {told && told.kind !== 'reading' && told.open.length > 0 && (
        <OpenDimensions
          key={`${latest.current}`}
          names={told.open}
          onTold={(dims) => void take(Promise.resolve(told.files), dims)}
        />
      )}
      {offered?.own && (
        <p>
          A link to this page names <strong>{offered.name}</strong> but cannot carry it: whoever
          opens the link is asked to drop the file.
        </p>
      )}
      <details>
        <summary>What is read</summary>
        <p>
          Networks: ONNX, TensorFlow.js, Hugging Face, GGUF, Caffe, layers in YAML, Timeloop
          problems, SCALE-Sim topologies, and matrices (.mtx, .smtx, .npz, .npy). Devices: presets
          in YAML, which may extend a shipped one, and designs of Timeloop, SCALE-Sim (.cfg) and
          ZigZag. Files that belong together, such as a model and its weights, are dropped together,
          or as their folder.
        </p>
      </details>
      {isDragged && (
        <div className="dropping" aria-hidden="true">
          Drop files to read them here
        </div>
      )}
    </section>
  );
}

/** Dimensions that are asked for, of a file that leaves more open. */
const MAX_OPEN = 12;
/** No extent is larger. */
const MAX_EXTENT = 2 ** 20;

interface OpenDimensionsProps {
  readonly names: readonly string[];
  readonly onTold: (dims: Extents) => void;
}

/** Asks for the extents of open dimensions; those that are left empty are as the file has them. */
function OpenDimensions({ names, onTold }: OpenDimensionsProps) {
  const inputs = useRef(new Map<string, HTMLInputElement>());
  const tell = () => {
    const told = [...inputs.current].flatMap(([name, { valueAsNumber: extent }]) =>
      Number.isSafeInteger(extent) && extent >= 1 ? [[name, extent] as const] : [],
    );
    if (told.length > 0) onTold(Object.fromEntries(told));
  };
  return (
    <form
      className="dimensions"
      aria-label="Open dimensions"
      onSubmit={(event) => {
        event.preventDefault();
        tell();
      }}
    >
      <p>The file leaves dimensions open. What is not told is 1, or as the file hints.</p>
      {names.slice(0, MAX_OPEN).map((name, at) => (
        <p key={name}>
          <label for={`dimension-${at}`}>{name}</label>{' '}
          <input
            id={`dimension-${at}`}
            type="number"
            min={1}
            max={MAX_EXTENT}
            step={1}
            ref={(input) => {
              if (input) inputs.current.set(name, input);
            }}
          />
        </p>
      ))}
      <button type="submit">Read it at these</button>
    </form>
  );
}

function Message({ told }: { readonly told: Told }) {
  if (told.kind === 'reading') return <p role="status">Reading {told.path}…</p>;
  if (told.kind === 'fault') {
    return (
      <p role="alert" className="fault">
        {told.fault}
      </p>
    );
  }
  const { workloads, presets, unread } = told.read;
  const notes = [...workloads.flatMap(({ own }) => own?.notes ?? []), ...told.read.notes];
  const [first, ...others] = unread;
  return (
    <div role="status">
      <p>Read: {[...workloads, ...presets].map(({ name }) => name).join(', ')}</p>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {first !== undefined && (
        <p>
          Not read, as nothing names {others.length > 0 ? 'them' : 'it'}: {first}
          {others.length > 0 && ` and ${others.length} more`}
        </p>
      )}
    </div>
  );
}

/** Takes what is dropped anywhere in the window; whether files are held over it. */
function useDrop(onDrop: (transfer: DataTransfer) => void): boolean {
  const [isDragged, setDragged] = useState(false);
  const newest = useRef(onDrop);
  newest.current = onDrop;
  useEffect(() => {
    const hasFiles = ({ dataTransfer }: DragEvent) =>
      dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setDragged(true);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) setDragged(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setDragged(false);
      newest.current(event.dataTransfer);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, []);
  return isDragged;
}
