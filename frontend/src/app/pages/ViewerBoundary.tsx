import { MonitorX } from "lucide-react";
import { Component, type ReactNode } from "react";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";

interface State {
  error: Error | null;
}

/** A viewer that fails (no graphics, a chunk that did not load) leaves the report usable. */
export class ViewerBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <EmptyState
        icon={<MonitorX />}
        title="The images cannot be shown"
        actions={<Button onClick={() => this.setState({ error: null })}>Try again</Button>}
      >
        {error.message} Reports, measurements and jobs of this study still work.
      </EmptyState>
    );
  }
}
