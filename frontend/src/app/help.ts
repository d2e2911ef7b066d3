/** Whether the help sheet is open: any part may open it. */
let open = false;
const listeners = new Set<() => void>();

function set(next: boolean): void {
  open = next;
  for (const listener of listeners) listener();
}

export const openHelp = () => set(true);
export const closeHelp = () => set(false);

export const helpStore = {
  read: () => open,
  listen(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
