import { placeOf, type Span } from "./timeline";

/** A place on the axis as SVG and CSS take it. */
export const percentX = (day: number, span: Span): string => `${placeOf(day, span).toFixed(2)}%`;
