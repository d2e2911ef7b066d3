import {
  Circle,
  Contrast,
  Crosshair,
  FileText,
  FlipHorizontal2,
  Grid2x2,
  Hand,
  Layers,
  LayoutPanelLeft,
  type LucideIcon,
  Pause,
  Play,
  RotateCcw,
  RotateCw,
  Ruler,
  Square,
  SquareDashed,
  SunMoon,
  TriangleRight,
  ZoomIn,
} from "lucide-react";
import { Toolbar as RadixToolbar, Tooltip } from "radix-ui";
import type { ViewerSession } from "./session";
import { keyOfAction, type ShortcutAction } from "./shortcuts";
import { useStore } from "./store";
import type { ToolId } from "./tools";
import styles from "./viewer.module.css";
import type { Layout, ViewerState } from "./viewerState";

interface Choice<T extends string> {
  readonly id: T;
  readonly title: string;
  readonly icon: LucideIcon;
}

const VIEWING: readonly Choice<ToolId>[] = [
  { id: "window", title: "Window and level", icon: Contrast },
  { id: "pan", title: "Pan", icon: Hand },
  { id: "zoom", title: "Zoom", icon: ZoomIn },
  { id: "scroll", title: "Scroll", icon: Layers },
  { id: "crosshair", title: "Crosshair", icon: Crosshair },
];

const MEASURING: readonly Choice<ToolId>[] = [
  { id: "length", title: "Length", icon: Ruler },
  { id: "angle", title: "Angle", icon: TriangleRight },
  { id: "ellipse", title: "Ellipse: mean, deviation, area", icon: Circle },
];

const LAYOUTS: readonly Choice<Layout>[] = [
  { id: "one", title: "One view", icon: Square },
  { id: "three", title: "Three planes", icon: LayoutPanelLeft },
  { id: "four", title: "Two by two", icon: Grid2x2 },
];

interface ToolbarProps {
  readonly session: ViewerSession;
  readonly canMeasure: boolean;
}

export function Toolbar({ session, canMeasure }: ToolbarProps) {
  const state = useStore(session.state);
  const isReady = state.status === "ready";
  const isVolume = state.mode === "volume";
  const viewing = VIEWING.filter((tool) => isVolume || tool.id !== "crosshair");
  return (
    <Tooltip.Provider delayDuration={350}>
      <RadixToolbar.Root className={styles.toolbar} aria-label="Image tools">
        <RadixToolbar.ToggleGroup
          type="single"
          className={styles.group}
          aria-label="Tool of the left mouse button"
          value={state.tool}
          onValueChange={(tool) => tool !== "" && session.setTool(tool as ToolId)}
        >
          {viewing.map((tool) => (
            <Toggle key={tool.id} choice={tool} action={`tool:${tool.id}`} isDisabled={!isReady} />
          ))}
          <RadixToolbar.Separator className={styles.separator} />
          {MEASURING.map((tool) => (
            <Toggle
              key={tool.id}
              choice={tool}
              action={`tool:${tool.id}`}
              isDisabled={!isReady || !canMeasure}
            />
          ))}
        </RadixToolbar.ToggleGroup>
        <RadixToolbar.Separator className={styles.separator} />
        <PresetMenu session={session} state={state} />
        <Action
          icon={SunMoon}
          title="Invert"
          action="invert"
          isPressed={state.isInverted}
          isDisabled={!isReady}
          onPress={() => session.window.toggleInverted()}
        />
        <Action
          icon={RotateCcw}
          title="Reset"
          action="reset"
          isDisabled={!isReady}
          onPress={() => session.reset()}
        />
        {isVolume ? (
          <Action
            icon={SquareDashed}
            title="Crosshair lines"
            action="crosshair:toggle"
            isPressed={state.isCrosshairShown}
            isDisabled={!isReady}
            onPress={() => session.toggleCrosshair()}
          />
        ) : (
          <>
            <Action
              icon={RotateCw}
              title="Turn by 90°"
              action="rotate"
              isDisabled={!isReady}
              onPress={() => session.turn()}
            />
            <Action
              icon={FlipHorizontal2}
              title="Mirror"
              action="flip"
              isDisabled={!isReady}
              onPress={() => session.mirror()}
            />
          </>
        )}
        <RadixToolbar.Separator className={styles.separator} />
        <CineControls session={session} state={state} />
        <span className={styles.spring} />
        {isVolume && (
          <RadixToolbar.ToggleGroup
            type="single"
            className={styles.group}
            aria-label="Layout"
            value={state.layout}
            onValueChange={(layout) =>
              layout !== "" && session.state.set({ layout: layout as Layout })
            }
          >
            {LAYOUTS.map((layout) => (
              <Toggle
                key={layout.id}
                choice={layout}
                action={`layout:${layout.id}`}
                isDisabled={!isReady}
              />
            ))}
          </RadixToolbar.ToggleGroup>
        )}
        <Action
          icon={FileText}
          title="DICOM header"
          action="header"
          isPressed={state.isHeaderShown}
          isDisabled={!isReady}
          onPress={() => session.state.set({ isHeaderShown: !state.isHeaderShown })}
        />
      </RadixToolbar.Root>
    </Tooltip.Provider>
  );
}

interface ToggleProps {
  readonly choice: Choice<string>;
  readonly action: ShortcutAction;
  readonly isDisabled: boolean;
}

function Toggle({ choice, action, isDisabled }: ToggleProps) {
  const Icon = choice.icon;
  return (
    <WithTooltip title={choice.title} action={action}>
      <RadixToolbar.ToggleItem
        className={styles.tool}
        value={choice.id}
        aria-label={choice.title}
        disabled={isDisabled}
      >
        <Icon aria-hidden />
      </RadixToolbar.ToggleItem>
    </WithTooltip>
  );
}

interface ActionProps {
  readonly icon: LucideIcon;
  readonly title: string;
  readonly action: ShortcutAction;
  readonly isPressed?: boolean;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
}

function Action({ icon: Icon, title, action, isPressed, isDisabled, onPress }: ActionProps) {
  return (
    <WithTooltip title={title} action={action}>
      <RadixToolbar.Button
        className={styles.tool}
        aria-label={title}
        aria-pressed={isPressed}
        disabled={isDisabled}
        onClick={onPress}
      >
        <Icon aria-hidden />
      </RadixToolbar.Button>
    </WithTooltip>
  );
}

interface WithTooltipProps {
  readonly title: string;
  readonly action: ShortcutAction;
  readonly children: React.ReactNode;
}

function WithTooltip({ title, action, children }: WithTooltipProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={styles.tooltip} sideOffset={6}>
          {title}
          <kbd>{keyOfAction(action)}</kbd>
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

interface PartProps {
  readonly session: ViewerSession;
  readonly state: ViewerState;
}

function PresetMenu({ session, state }: PartProps) {
  if (state.presets.length === 0) return null;
  const isOwn = !state.presets.some((preset) => preset.id === state.presetId);
  return (
    <select
      className={styles.presets}
      aria-label="Window preset"
      value={isOwn ? "own" : (state.presetId ?? "own")}
      disabled={state.status !== "ready"}
      onChange={(event) => session.window.applyPreset(event.currentTarget.value)}
    >
      {isOwn && <option value="own">Own window</option>}
      {state.presets.map((preset, index) => (
        <option key={preset.id} value={preset.id}>
          {index < 6 ? `${index + 1}  ${preset.title}` : preset.title}
        </option>
      ))}
    </select>
  );
}

function CineControls({ session, state }: PartProps) {
  const { isPlaying, framesPerSecond } = state.cine;
  return (
    <span className={styles.group}>
      <Action
        icon={isPlaying ? Pause : Play}
        title={isPlaying ? "Pause" : "Play"}
        action="cine"
        isPressed={isPlaying}
        isDisabled={state.status !== "ready"}
        onPress={() => session.cine.toggle()}
      />
      <label className={styles.rate}>
        <input
          type="number"
          min={1}
          max={60}
          value={framesPerSecond}
          aria-label="Frames per second"
          onChange={(event) => {
            const rate = event.currentTarget.valueAsNumber;
            if (rate >= 1 && rate <= 60) session.cine.setFrameRate(rate);
          }}
        />
        fps
      </label>
    </span>
  );
}
