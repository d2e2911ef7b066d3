/** Short messages that pass; kept outside React so that any code can say one. */
import type { ReactNode } from "react";

export interface Toast {
  id: number;
  tone: "good" | "danger" | "info";
  text: ReactNode;
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 7000;
let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

export function dismissToast(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function showToast(toast: Omit<Toast, "id">): void {
  const id = nextId++;
  set([...toasts.slice(-3), { ...toast, id }]);
  setTimeout(() => dismissToast(id), SHOWN_MS);
}

export const toastStore = {
  read: () => toasts,
  listen(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};
