import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  annotationKeys,
  createAnnotation,
  deleteAnnotation,
  listAnnotations,
  updateAnnotation,
} from "@/api/annotations";
import { asProblem } from "@/api/problem";
import type { SavedMeasurement } from "@/api/types";
import { showToast } from "@/ui/toasts";
import type { Measurement, MeasurementChange } from "@/viewer/types";

function tell(error: unknown, what: string): void {
  showToast({ tone: "danger", text: `${what}: ${asProblem(error).message}` });
}

/** The measurements of a study, and the saving of what is drawn, changed or removed by hand. */
export function useMeasurements(studyUid: string) {
  const client = useQueryClient();
  const key = annotationKeys.ofStudy(studyUid);
  const query = useQuery({ queryKey: key, queryFn: () => listAnnotations(studyUid) });

  const change = (edit: (rows: SavedMeasurement[]) => SavedMeasurement[]) =>
    client.setQueryData<SavedMeasurement[]>(key, (rows) => edit(rows ?? []));

  async function create(measurement: Measurement): Promise<Measurement | null> {
    try {
      const saved = await createAnnotation(studyUid, measurement);
      change((rows) => [...rows, saved]);
      return saved;
    } catch (error) {
      tell(error, "The measurement was not saved");
      return null;
    }
  }

  async function update(measurement: Measurement): Promise<Measurement | null> {
    const known = query.data?.find((one) => one.id === measurement.id);
    try {
      const version = known?.version ?? measurement.version ?? 1;
      const saved = await updateAnnotation(measurement, version);
      change((rows) => rows.map((one) => (one.id === saved.id ? saved : one)));
      return saved;
    } catch (error) {
      tell(error, "The change was not saved");
      await client.invalidateQueries({ queryKey: key });
      return null;
    }
  }

  const removal = useMutation({
    mutationFn: ({ id }: SavedMeasurement) => deleteAnnotation(id),
    onMutate: ({ id }) => change((rows) => rows.filter((one) => one.id !== id)),
    onSuccess: (_, removed) => {
      showToast({
        tone: "info",
        text: "Measurement deleted.",
        action: { label: "Undo", run: () => void create(removed) },
      });
    },
    onError: (error) => {
      tell(error, "The measurement was not deleted");
      void client.invalidateQueries({ queryKey: key });
    },
  });

  async function remove(id: string): Promise<null> {
    const known = query.data?.find((one) => one.id === id);
    if (known !== undefined) await removal.mutateAsync(known).catch(() => null);
    return null;
  }

  function onChange(made: MeasurementChange): Promise<Measurement | null> {
    if (made.type === "created") return create(made.measurement);
    if (made.type === "updated") return update(made.measurement);
    return remove(made.id);
  }

  return { query, onChange, remove };
}
