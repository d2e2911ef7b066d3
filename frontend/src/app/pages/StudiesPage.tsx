import { FolderOpen, SearchX, Upload } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/me";
import type { Study } from "@/api/types";
import { DeleteStudyDialog } from "@/features/studies/DeleteStudyDialog";
import { isFiltered, useStudyFilter } from "@/features/studies/filter";
import { listMemory } from "@/features/studies/memory";
import { StudyFilters } from "@/features/studies/StudyFilters";
import { StudyTable } from "@/features/studies/StudyTable";
import { useStudies } from "@/features/studies/useStudies";
import { UploadButton } from "@/features/upload/UploadButton";
import { EmptyState } from "@/ui/EmptyState";
import { count } from "@/ui/format";
import { isTyping } from "@/ui/keys";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./StudiesPage.module.css";

function NoStudies({ filtered, mayUpload }: { filtered: boolean; mayUpload: boolean }) {
  if (filtered) {
    return (
      <EmptyState icon={<SearchX />} title="No study fits">
        Change the search or clear the filter.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={mayUpload ? <Upload /> : <FolderOpen />}
      title="No studies yet"
      actions={mayUpload && <UploadButton />}
    >
      {mayUpload
        ? "Drop DICOM files, folders or a zip anywhere in this window, or send them from a scanner or PACS."
        : "Studies appear here by themselves as soon as they arrive."}
    </EmptyState>
  );
}

export function StudiesPage() {
  usePageTitle("Studies");
  const navigate = useNavigate();
  const [filter, changeFilter] = useStudyFilter();
  const studies = useStudies(filter);
  const mayDelete = useMay("study.delete");
  const mayUpload = useMay("study.upload");
  const [selected, setSelected] = useState<string | null>(listMemory.selected);
  const [deleting, setDeleting] = useState<Study | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const rows = studies.data?.pages.flatMap((page) => page.results) ?? [];
  const total = studies.data?.pages[0]?.total ?? null;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      search.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  const select = (studyUid: string) => {
    listMemory.selected = studyUid;
    setSelected(studyUid);
  };

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = studies;
  const fetchMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  function enterList(): void {
    const first = rows[0];
    if (first !== undefined && !rows.some((row) => row.study_uid === selected)) {
      select(first.study_uid);
    }
    list.current?.querySelector<HTMLElement>('[role="grid"]')?.focus();
  }

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>Studies</h1>
        <StudyFilters ref={search} filter={filter} onChange={changeFilter} onLeave={enterList} />
        <div className={styles.right}>
          <span className={styles.count} aria-live="polite">
            {total !== null && count(total, "study", "studies")}
          </span>
          {mayUpload && <UploadButton />}
        </div>
      </header>
      <div className={styles.list} ref={list}>
        {studies.isPending && <Spinner label="Loading studies…" />}
        {studies.isError && (
          <div className={styles.problem}>
            <ProblemNotice error={studies.error} onRetry={() => void studies.refetch()} />
          </div>
        )}
        {studies.isSuccess && rows.length === 0 && (
          <NoStudies filtered={isFiltered(filter)} mayUpload={mayUpload} />
        )}
        {rows.length > 0 && (
          <StudyTable
            listKey={JSON.stringify(filter)}
            studies={rows}
            total={total}
            selected={selected}
            onSelect={select}
            onOpen={(uid) => navigate(`/studies/${uid}`)}
            onDelete={mayDelete ? setDeleting : null}
            sort={filter.sort}
            onSort={(sort) => changeFilter({ sort })}
            onEndReached={fetchMore}
          />
        )}
      </div>
      <DeleteStudyDialog study={deleting} onClose={() => setDeleting(null)} />
    </div>
  );
}
