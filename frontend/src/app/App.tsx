import { QueryClientProvider } from "@tanstack/react-query";
import { Tooltip } from "radix-ui";
import { useEffect } from "react";
import { RouterProvider } from "react-router";
import { LiveProvider } from "@/live/react";
import { Toaster } from "@/ui/Toaster";
import { liveClient, startLive } from "./liveClient";
import { queryClient } from "./queryClient";
import { router } from "./routes";

export function App() {
  useEffect(startLive, []);
  return (
    <QueryClientProvider client={queryClient}>
      <LiveProvider value={liveClient}>
        <Tooltip.Provider delayDuration={350}>
          <RouterProvider router={router} />
          <Toaster />
        </Tooltip.Provider>
      </LiveProvider>
    </QueryClientProvider>
  );
}
