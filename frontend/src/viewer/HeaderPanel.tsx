import { X } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { type HeaderElement, isAbort, reasonOf, requestJson } from "./api";
import { filterHeader, valueText } from "./headerText";
import type { ViewerSession } from "./session";
import { useStore } from "./store";
import styles from "./viewer.module.css";

interface HeaderPanelProps {
  readonly session: ViewerSession;
  readonly apiRoot: string;
}

interface Loaded {
  readonly elements: readonly HeaderElement[] | null;
  readonly failure: string | null;
}

const LOADING: Loaded = { elements: null, failure: null };

/** The DICOM header of the image under the crosshair, searchable by name, tag or value. */
export function HeaderPanel({ session, apiRoot }: HeaderPanelProps) {
  useStore(session.state);
  const instance = session.currentInstance();
  const [{ elements, failure }, setLoaded] = useState<Loaded>(LOADING);
  const [query, setQuery] = useState("");
  const deferredQuery = useDeferredValue(query);
  useEffect(() => {
    if (instance === null) return undefined;
    const controller = new AbortController();
    setLoaded(LOADING);
    requestJson<HeaderElement[]>(
      `${apiRoot}/instances/${encodeURIComponent(instance)}/header`,
      controller.signal,
    ).then(
      (read) => setLoaded({ elements: read, failure: null }),
      (error: unknown) => {
        if (!isAbort(error)) setLoaded({ elements: null, failure: reasonOf(error) });
      },
    );
    return () => controller.abort();
  }, [apiRoot, instance]);
  const shown = useMemo(
    () => (elements === null ? [] : filterHeader(elements, deferredQuery)),
    [elements, deferredQuery],
  );
  const close = () => session.state.set({ isHeaderShown: false });
  return (
    <aside className={styles.header} aria-label="DICOM header">
      <header className={styles.panelHead}>
        <strong>DICOM header</strong>
        <span className={styles.spring} />
        <button
          type="button"
          className={styles.iconToggle}
          aria-label="Close the header"
          onClick={close}
        >
          <X aria-hidden />
        </button>
      </header>
      <input
        className={styles.search}
        type="search"
        placeholder="Search name, tag or value"
        aria-label="Search the header"
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && close()}
      />
      {failure !== null && (
        <p className={styles.panelText} role="alert">
          {failure}
        </p>
      )}
      {elements === null && failure === null && <p className={styles.panelText}>Loading…</p>}
      {elements !== null && (
        <>
          <p className={styles.count} role="status">
            {shown.length} of {elements.length} elements
          </p>
          <div className={styles.elements}>
            <table>
              <tbody>
                {shown.map((element) => (
                  <tr key={element.tag}>
                    <th scope="row">
                      {element.keyword || "Private"}
                      <small>
                        {element.tag} {element.vr}
                      </small>
                    </th>
                    <td>{valueText(element.value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </aside>
  );
}
