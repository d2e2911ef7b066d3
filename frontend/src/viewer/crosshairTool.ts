/** A click or drag puts the crosshair there; the session moves the other planes to it. */

import { BaseTool, type Types } from "@cornerstonejs/tools";
import type { CrosshairListener } from "./tools";

type Interaction = Types.EventTypes.InteractionEventType;

export class CrosshairTool extends BaseTool {
  static override toolName = "SynopticCrosshair";

  constructor(
    toolProps: Types.PublicToolProps = {},
    defaultToolProps: Types.ToolProps = {
      supportedInteractionTypes: ["Mouse", "Touch"],
      configuration: { onPoint: null },
    },
  ) {
    super(toolProps, defaultToolProps);
  }

  postMouseDownCallback(event: Interaction): boolean {
    this.report(event);
    // Not consumed: the drag that may follow belongs to this tool too.
    return false;
  }

  mouseDragCallback(event: Interaction): void {
    this.report(event);
  }

  touchDragCallback(event: Interaction): void {
    this.report(event);
  }

  private report(event: Interaction): void {
    const onPoint = this.configuration.onPoint as CrosshairListener | null;
    const { viewportId, currentPoints } = event.detail;
    onPoint?.(viewportId, [...currentPoints.world]);
  }
}
