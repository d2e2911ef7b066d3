import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { meKey } from "@/api/account";
import type { Projection } from "@/live/protocol";
import { OverriddenNote, RunProgress } from "./RunProgress";

const REASON = "The clip is small and far from the lesions.";
const live = vi.hoisted(() => ({ projection: {} as Partial<Projection> }));
const retried = vi.hoisted(() => vi.fn());

vi.mock("@/live/react", () => ({
  useJobStream: () => ({ projection: live.projection, loaded: true, refusal: null }),
}));
vi.mock("@/api/jobs", async (original) => ({ ...(await original()), retryJob: retried }));

const HELD_BACK = { code: "input_unusual", user_message: "Unlike the images of training." };

function show(permissions: string[]) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  client.setQueryData(meKey, { permissions });
  const asked = vi.spyOn(client, "invalidateQueries");
  render(
    <QueryClientProvider client={client}>
      <RunProgress run={{ job: "j1", error: HELD_BACK }} doing="Comparing" failed="No report" />
    </QueryClientProvider>,
  );
  return asked;
}

describe("a comparison or prediction of an unusual image", () => {
  beforeEach(() => {
    retried.mockResolvedValue({ id: "j2" });
    live.projection = {
      state: "failed",
      error: { ...HELD_BACK, retryable: false } as Projection["error"],
      steps: [],
      artifacts: [],
      logs: [],
    };
  });

  it("is run all the same, with the reason, and what is shown is asked for anew", async () => {
    const asked = show(["job.override", "job.run"]);
    expect(screen.getByText(/Not run – unusual image/)).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Run all the same…" }));
    const run = () => screen.getByRole("button", { name: "Run all the same" });
    expect(run().hasAttribute("disabled")).toBe(true);
    fireEvent.change(screen.getByLabelText("Reason"), { target: { value: REASON } });
    asked.mockClear();
    fireEvent.click(run());
    await waitFor(() => expect(retried).toHaveBeenCalledWith("j1", expect.any(String), REASON));
    await waitFor(() => expect(asked).toHaveBeenCalledWith({ queryKey: ["followup"] }));
  });

  it("tells others whom to ask", () => {
    show(["job.run"]);
    expect(screen.queryByRole("button", { name: /Run/ })).toBeNull();
    expect(screen.getByText(/Choose another series of this visit/)).toBeTruthy();
  });

  it("says so wherever its result is shown", () => {
    const { container } = render(<OverriddenNote reason="" />);
    expect(container.textContent).toBe("");
    render(<OverriddenNote reason={REASON} />);
    expect(screen.getByText(new RegExp(REASON))).toBeTruthy();
  });
});
