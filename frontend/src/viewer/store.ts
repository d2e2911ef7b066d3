import { useSyncExternalStore } from "react";

/** State outside React, so that scrolling through images re-renders only what shows it. */
export interface Store<T> {
  readonly get: () => T;
  readonly set: (patch: Partial<T>) => void;
  readonly subscribe: (listener: () => void) => () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set: (patch) => {
      const isChanged = (Object.keys(patch) as (keyof T)[]).some(
        (key) => !Object.is(patch[key], state[key]),
      );
      if (!isChanged) return;
      state = { ...state, ...patch };
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

export function useStore<T extends object>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
