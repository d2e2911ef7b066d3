import type { ReactNode } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";

interface ConfirmDialogProps {
  open: boolean;
  title: string;
  description: string;
  action: string;
  busy?: boolean;
  disabled?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** Asked before something that cannot be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, title, description, action, busy = false, disabled = false } = props;
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button variant="danger" disabled={busy || disabled} onClick={props.onConfirm}>
            {busy ? "Working…" : action}
          </Button>
        </>
      }
    >
      {props.children}
    </Dialog>
  );
}
