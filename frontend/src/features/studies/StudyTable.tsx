import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type FocusEvent, type KeyboardEvent, useEffect, useLayoutEffect, useRef } from "react";
import type { StudySort } from "@/api/studies";
import type { Study } from "@/api/types";
import { COLUMNS, directionOf, nextSort } from "./columns";
import { listMemory } from "./memory";
import { StudyRow } from "./StudyRow";
import styles from "./StudyTable.module.css";

const ROW_HEIGHT = 54;
const PAGE_ROWS = 10;

interface StudyTableProps {
  /** Which list this is: changes with the filter and the order. */
  listKey: string;
  studies: Study[];
  total: number | null;
  selected: string | null;
  onSelect: (studyUid: string) => void;
  onOpen: (studyUid: string) => void;
  onDelete: ((study: Study) => void) | null;
  sort: StudySort;
  onSort: (sort: StudySort) => void;
  onEndReached: () => void;
}

/** Where a key moves the selection to, or null where the key means nothing here. */
export function movedIndex(key: string, index: number, length: number): number | null {
  const last = length - 1;
  const moves: Record<string, number> = {
    ArrowDown: Math.min(last, index + 1),
    ArrowUp: Math.max(0, index - 1),
    PageDown: Math.min(last, index + PAGE_ROWS),
    PageUp: Math.max(0, index - PAGE_ROWS),
    Home: 0,
    End: last,
  };
  return moves[key] ?? null;
}

function Headings({ sort, onSort }: Pick<StudyTableProps, "sort" | "onSort">) {
  return (
    <div role="row" aria-rowindex={1} className={`${styles.head} ${styles.cells}`}>
      {COLUMNS.map((column) => {
        const direction = directionOf(column, sort);
        return (
          <div role="columnheader" key={column.key} aria-sort={direction}>
            {column.sort === undefined ? (
              column.title
            ) : (
              <button
                type="button"
                className={styles.sort}
                onClick={() => onSort(nextSort(column, sort))}
              >
                {column.title}
                {direction === "ascending" && <ArrowUp aria-hidden />}
                {direction === "descending" && <ArrowDown aria-hidden />}
              </button>
            )}
          </div>
        );
      })}
      <span />
    </div>
  );
}

export function StudyTable(props: StudyTableProps) {
  const { studies, selected, onEndReached } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ uid: string; offset: number } | null>(null);
  const rows = useVirtualizer({
    count: studies.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    initialOffset: listMemory.offset,
    getItemKey: (index) => studies[index]?.study_uid ?? index,
  });
  const items = rows.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;

  useEffect(() => {
    if (studies.length > 0 && lastShown >= studies.length - PAGE_ROWS) onEndReached();
  }, [lastShown, studies.length, onEndReached]);

  // Studies that arrive above push the list down; the reader's rows stay where they were.
  useLayoutEffect(() => {
    const element = scroller.current;
    const held = anchor.current;
    if (element === null || held === null || element.scrollTop < ROW_HEIGHT) return;
    const index = studies.findIndex((study) => study.study_uid === held.uid);
    if (index >= 0) element.scrollTop = index * ROW_HEIGHT + held.offset;
  }, [studies]);

  // Another search or order is another list: it is read from its top.
  const shown = useRef(props.listKey);
  useLayoutEffect(() => {
    if (shown.current === props.listKey) return;
    shown.current = props.listKey;
    anchor.current = null;
    scroller.current?.scrollTo({ top: 0 });
  }, [props.listKey]);

  function onScroll(): void {
    const offset = scroller.current?.scrollTop ?? 0;
    const top = studies[Math.floor(offset / ROW_HEIGHT)];
    listMemory.offset = offset;
    anchor.current = top ? { uid: top.study_uid, offset: offset % ROW_HEIGHT } : null;
  }

  /** The keys always act on a row that can be seen. */
  function onFocus(event: FocusEvent): void {
    const first = studies[items[0]?.index ?? 0];
    if (event.target !== event.currentTarget || first === undefined) return;
    if (!studies.some((study) => study.study_uid === selected)) props.onSelect(first.study_uid);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget) return;
    const index = studies.findIndex((study) => study.study_uid === selected);
    if (event.key === "Enter" && selected !== null) {
      props.onOpen(selected);
      return;
    }
    const moved = movedIndex(event.key, index, studies.length);
    const study = moved === null ? undefined : studies[moved];
    if (moved === null || study === undefined) return;
    event.preventDefault();
    props.onSelect(study.study_uid);
    rows.scrollToIndex(moved);
  }

  return (
    <div
      role="grid"
      aria-label="Studies"
      aria-rowcount={(props.total ?? studies.length) + 1}
      aria-activedescendant={selected === null ? undefined : `study-${selected}`}
      tabIndex={0}
      className={styles.grid}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      <Headings sort={props.sort} onSort={props.onSort} />
      <div ref={scroller} className={styles.scroller} onScroll={onScroll} role="presentation">
        <div style={{ height: rows.getTotalSize() }} className={styles.sheet} role="rowgroup">
          {items.map((item) => {
            const study = studies[item.index];
            if (study === undefined) return null;
            const { study_uid } = study;
            const { onDelete } = props;
            return (
              <StudyRow
                key={study_uid}
                id={`study-${study_uid}`}
                study={study}
                index={item.index}
                top={item.start}
                selected={study_uid === selected}
                onSelect={() => props.onSelect(study_uid)}
                onOpen={() => props.onOpen(study_uid)}
                onDelete={onDelete && (() => onDelete(study))}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}
