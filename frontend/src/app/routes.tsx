import { createBrowserRouter } from "react-router";
import { ComparePage } from "./pages/ComparePage";
import { EvaluationsPage } from "./pages/EvaluationsPage";
import { FollowupPage } from "./pages/FollowupPage";
import { JobsPage } from "./pages/JobsPage";
import { ModelPage } from "./pages/ModelPage";
import { ModelsPage } from "./pages/ModelsPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { PlanningPage } from "./pages/PlanningPage";
import { RouteError } from "./pages/RouteError";
import { StudiesPage } from "./pages/StudiesPage";
import { StudyPage } from "./pages/StudyPage";
import { TokensPage } from "./pages/TokensPage";
import { Shell } from "./Shell";

export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <RouteError />,
    children: [
      {
        errorElement: <RouteError />,
        children: [
          { path: "/", element: <StudiesPage /> },
          { path: "/studies/:studyUid", element: <StudyPage /> },
          { path: "/studies/:studyUid/planning", element: <PlanningPage /> },
          { path: "/studies/:studyUid/followup", element: <FollowupPage /> },
          { path: "/jobs", element: <JobsPage /> },
          { path: "/models", element: <ModelsPage /> },
          { path: "/models/:name", element: <ModelPage /> },
          { path: "/evaluations", element: <EvaluationsPage /> },
          { path: "/evaluations/compare", element: <ComparePage /> },
          { path: "/settings/tokens", element: <TokensPage /> },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
