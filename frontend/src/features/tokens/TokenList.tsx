import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { revokeToken, tokensKey } from "@/api/account";
import type { Token } from "@/api/types";
import { Badge } from "@/ui/Badge";
import { Button } from "@/ui/Button";
import { ConfirmDialog } from "@/ui/ConfirmDialog";
import { Instant } from "@/ui/Instant";
import { ProblemNotice } from "@/ui/Notice";
import { showToast } from "@/ui/toasts";
import styles from "./Tokens.module.css";

const isExpired = ({ expires_at }: Token) =>
  expires_at !== null && Date.parse(expires_at) < Date.now();

function Validity({ token }: { token: Token }) {
  if (token.expires_at === null) return <>no end</>;
  return (
    <>
      until <Instant at={token.expires_at} />
    </>
  );
}

export function TokenList({ tokens }: { tokens: readonly Token[] }) {
  const client = useQueryClient();
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revocation = useMutation({
    mutationFn: revokeToken,
    onSuccess: () => {
      setRevoking(null);
      showToast({ tone: "good", text: "The token no longer works." });
      return client.invalidateQueries({ queryKey: tokensKey });
    },
  });

  return (
    <>
      <ul className={styles.list}>
        {tokens.map((token) => (
          <li key={token.id} className={styles.token}>
            <div className={styles.main}>
              <div className={styles.name}>
                {token.name}
                <code className={styles.prefix}>{token.prefix}…</code>
                {isExpired(token) && <Badge tone="caution">Expired</Badge>}
              </div>
              <div className={styles.sub}>
                made <Instant at={token.created_at} /> · <Validity token={token} /> ·{" "}
                {token.last_used_at === null ? (
                  "never used"
                ) : (
                  <>
                    last used <Instant at={token.last_used_at} />
                  </>
                )}
              </div>
            </div>
            <Button small variant="danger" onClick={() => setRevoking(token)}>
              Revoke
            </Button>
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={revoking !== null}
        title={`Revoke “${revoking?.name ?? ""}”?`}
        description="Programs that use this token are refused from now on. This cannot be undone."
        action="Revoke token"
        busy={revocation.isPending}
        onConfirm={() => revoking && revocation.mutate(revoking.id)}
        onClose={() => {
          setRevoking(null);
          revocation.reset();
        }}
      >
        {revocation.isError && <ProblemNotice error={revocation.error} />}
      </ConfirmDialog>
    </>
  );
}
