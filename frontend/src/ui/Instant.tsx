import { instant } from "./format";

/** A moment, in the reader's zone; the exact UTC value on hover. */
export function Instant({ at }: { at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toISOString()}>
      {instant(at)}
    </time>
  );
}
