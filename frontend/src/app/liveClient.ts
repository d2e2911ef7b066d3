import { readJobEvents } from "@/api/jobs";
import { createLiveClient } from "@/live/client";

function address(): string {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${window.location.host}/ws/v1/live`;
}

export const liveClient = createLiveClient({
  open: () => new WebSocket(address()),
  fetchCatchUp: (stream, after, epoch, signal) =>
    readJobEvents(stream.replace(/^job:/, ""), after, epoch, signal),
});

/** Connect, and come back at once when the network does. */
export function startLive(): () => void {
  liveClient.start();
  window.addEventListener("online", liveClient.hurry);
  return () => {
    window.removeEventListener("online", liveClient.hurry);
    liveClient.stop();
  };
}
