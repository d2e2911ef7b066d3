import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { createToken, tokensKey } from "@/api/account";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import fields from "@/ui/Field.module.css";
import { Notice, ProblemNotice } from "@/ui/Notice";
import styles from "./Tokens.module.css";

const LIFETIMES = [
  { days: 30, title: "30 days" },
  { days: 90, title: "90 days" },
  { days: 365, title: "1 year" },
  { days: 0, title: "No end" },
] as const;

const DAY_MS = 86_400_000;

function expiry(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString();
}

function CopyField({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  }
  return (
    <div className={styles.copy}>
      <input
        readOnly
        className={fields.input}
        aria-label="New token"
        value={text}
        onFocus={(event) => event.target.select()}
      />
      <Button icon={copied ? <Check /> : <Copy />} onClick={() => void copy()}>
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}

export function CreateTokenDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState(90);
  const creation = useMutation({
    mutationFn: () => createToken(name.trim(), expiry(days)),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensKey }),
  });

  if (creation.isSuccess) {
    return (
      <Dialog
        open
        onClose={onClose}
        title="Copy the token now"
        description="It is shown this once. Synoptic keeps only a fingerprint of it."
        footer={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <CopyField text={creation.data.token} />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="New API token"
      description="A program that holds it may do what you may do."
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          creation.mutate();
        }}
      >
        <label className={fields.label}>
          Name
          <input
            required
            maxLength={80}
            className={fields.input}
            placeholder="What will use it"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className={fields.label}>
          Valid for
          <select
            className={fields.select}
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
          >
            {LIFETIMES.map((one) => (
              <option key={one.days} value={one.days}>
                {one.title}
              </option>
            ))}
          </select>
        </label>
        {days === 0 && (
          <Notice tone="caution">A token without an end stays dangerous when it is lost.</Notice>
        )}
        {creation.isError && <ProblemNotice error={creation.error} />}
        <div className={styles.buttons}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={!name.trim() || creation.isPending}>
            {creation.isPending ? "Creating…" : "Create token"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
