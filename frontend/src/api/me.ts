import { useQuery } from "@tanstack/react-query";
import { meKey, readMe } from "./account";
import type { Action } from "./types";

export function useMe() {
  return useQuery({ queryKey: meKey, queryFn: readMe, staleTime: Number.POSITIVE_INFINITY });
}

/** Whether the reader's roles allow an action; false until that is known. */
export function useMay(action: Action): boolean {
  const { data } = useMe();
  return data?.permissions.includes(action) ?? false;
}
