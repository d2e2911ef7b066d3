import { Compass } from "lucide-react";
import { Link } from "react-router";
import { EmptyState } from "@/ui/EmptyState";
import { usePageTitle } from "@/ui/usePageTitle";

export function NotFoundPage() {
  usePageTitle("Not found");
  return (
    <EmptyState
      icon={<Compass />}
      title="There is no such page"
      actions={<Link to="/">To the studies</Link>}
    >
      The address may be mistyped, or what it showed has been deleted.
    </EmptyState>
  );
}
