/** The names of the API's shapes, all from the generated schema. */
import type { components } from "@/generated/schema";
import type { MeasurementGeometry, MeasurementTool } from "@/viewer/types";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Action = Schemas["PermissionsEnum"];
export type Token = Schemas["Token"];
export type Study = Schemas["Study"];
export type StudyDetail = Schemas["StudyDetail"];
export type Series = Schemas["Series"];
export type Job = Schemas["Job"];
export type JobState = Schemas["JobState"];
export type Eligibility = Schemas["Eligibility"];
export type Sentence = Schemas["Sentence"];
export type Draft = Schemas["Draft"];
export type DraftVersion = Schemas["DraftVersion"];
export type UploadAnswer = Schemas["Upload"];

/** `geometry` is opaque to the API: the viewer writes it and reads it back. */
export type SavedMeasurement = Omit<Schemas["Annotation"], "geometry" | "tool"> & {
  tool: MeasurementTool;
  geometry: MeasurementGeometry;
};
