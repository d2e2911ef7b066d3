import { createBrowserRouter } from "react-router";
import { JobsPage } from "./pages/JobsPage";
import { NotFoundPage } from "./pages/NotFoundPage";
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
          { path: "/jobs", element: <JobsPage /> },
          { path: "/settings/tokens", element: <TokensPage /> },
          { path: "*", element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
