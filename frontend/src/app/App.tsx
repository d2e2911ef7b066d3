import { lazy, Suspense } from "react";

const StudyViewer = lazy(() => import("../viewer"));

export function App() {
  return (
    <Suspense fallback={null}>
      <StudyViewer studyUid="" series={[]} activeSeriesUid={null} />
    </Suspense>
  );
}
