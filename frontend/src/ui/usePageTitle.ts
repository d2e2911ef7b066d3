import { useEffect } from "react";

/** The tab's title: no patient names, they would show in the window list and the history. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Synoptic`;
  }, [title]);
}
