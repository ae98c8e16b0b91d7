// Files as a browser gives them, from a drop, an input or a folder's input, by their paths.

import type { GivenFile } from './given.browser.js';

/** Folders within folders, and files, that are looked at: more are no model. */
const MAX_DEPTH = 8;
const MAX_FILES = 5000;

/** What was chosen in an input; files of a folder come by their paths from it. */
export const chosenFiles = (list: FileList | null): readonly GivenFile[] =>
  [...(list ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** What was dropped, folders with what is in them. */
export async function droppedFiles({ items }: DataTransfer): Promise<readonly GivenFile[]> {
  // Items are there during the event only.
  const dropped = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const found: GivenFile[] = [];
  for (const { entry, file } of dropped) {
    if (entry?.isDirectory) await addFolder(entry as FileSystemDirectoryEntry, '', 0, found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function addFolder(
  folder: FileSystemDirectoryEntry,
  above: string,
  depth: number,
  found: GivenFile[],
): Promise<void> {
  const path = `${above}${folder.name}/`;
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise<readonly FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (entry.name.startsWith('.') || found.length >= MAX_FILES) continue;
      if (entry.isDirectory) {
        if (depth < MAX_DEPTH)
          await addFolder(entry as FileSystemDirectoryEntry, path, depth + 1, found);
      } else {
        const file = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject),
        );
        found.push({ path: `${path}${file.name}`, file });
      }
    }
  }
}
