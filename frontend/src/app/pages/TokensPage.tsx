import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { listTokens, tokensKey } from "@/api/account";
import { CreateTokenDialog } from "@/features/tokens/CreateTokenDialog";
import { TokenList } from "@/features/tokens/TokenList";
import { Button } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "@/ui/Notice";
import { Spinner } from "@/ui/Spinner";
import { usePageTitle } from "@/ui/usePageTitle";
import styles from "./Page.module.css";

export function TokensPage() {
  usePageTitle("API tokens");
  const tokens = useQuery({ queryKey: tokensKey, queryFn: listTokens });
  const [creating, setCreating] = useState(false);

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1 className={styles.title}>API tokens</h1>
        <Button variant="primary" icon={<Plus />} onClick={() => setCreating(true)}>
          New token
        </Button>
      </header>
      <p className={styles.lead}>
        Programs use a token in place of your password:{" "}
        <code>Authorization: Bearer &lt;token&gt;</code>. The API is described at{" "}
        <a href="/api/v1/docs/">/api/v1/docs/</a>.
      </p>
      {tokens.isPending && <Spinner />}
      {tokens.isError && (
        <ProblemNotice error={tokens.error} onRetry={() => void tokens.refetch()} />
      )}
      {tokens.data?.length === 0 && (
        <EmptyState icon={<KeyRound />} title="You have no tokens">
          Make one for each program, so that you can revoke it alone.
        </EmptyState>
      )}
      {tokens.data && <TokenList tokens={tokens.data} />}
      {creating && <CreateTokenDialog onClose={() => setCreating(false)} />}
    </div>
  );
}
