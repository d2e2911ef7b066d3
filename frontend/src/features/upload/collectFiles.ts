/** The files of a drop or a file dialog, folders walked, each with its path inside the drop. */

export interface Picked {
  file: File;
  path: string;
}

// What operating systems scatter into folders; it is not worth a refusal line.
const CLUTTER = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX\/.*|\._[^/]*)$/i;

export const isClutter = (path: string): boolean => CLUTTER.test(path);

function readBatch(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function walk(entry: FileSystemEntry, path: string): Promise<Picked[]> {
  const here = path ? `${path}/${entry.name}` : entry.name;
  if (entry.isFile) return [{ file: await fileOf(entry as FileSystemFileEntry), path: here }];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  // A reader gives at most 100 entries a call, and an empty list at the end.
  for (let batch = await readBatch(reader); batch.length > 0; batch = await readBatch(reader)) {
    for (const child of batch) found.push(...(await walk(child, here)));
  }
  return found;
}

const wanted = (picked: Picked[]) => picked.filter(({ path }) => !isClutter(path));

export async function fromDrop(transfer: DataTransfer): Promise<Picked[]> {
  // The items are emptied as soon as the drop handler returns: take the entries first.
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry());
  const files = items.map((item) => item.getAsFile());
  const found: Picked[] = [];
  for (const [index, entry] of entries.entries()) {
    const file = files[index];
    if (entry !== null) found.push(...(await walk(entry, "")));
    else if (file) found.push({ file, path: file.name });
  }
  return wanted(found);
}

export function fromInput(list: FileList): Picked[] {
  return wanted([...list].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
}
