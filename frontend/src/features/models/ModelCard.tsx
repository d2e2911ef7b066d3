import { Download } from "lucide-react";
import type { ReactNode } from "react";
import { cardAddress, type Pipeline } from "@/api/pipelines";
import buttons from "@/ui/Button.module.css";
import { cx } from "@/ui/cx";
import styles from "./Models.module.css";
import { OfferBadge, StateBadge } from "./states";
import { Weights } from "./Weights";

function CardDownloads({ pipeline }: { pipeline: Pipeline }) {
  return (
    <div className={styles.downloads}>
      {(["json", "xml"] as const).map((encoding) => (
        <a
          key={encoding}
          className={cx(buttons.button, buttons.default, buttons.small)}
          href={cardAddress(pipeline.name, encoding)}
          download
        >
          <Download aria-hidden />
          CHAI card ({encoding.toUpperCase()})
        </a>
      ))}
    </div>
  );
}

/** What one version of a pipeline is for, what it cannot do, and what it rests on; the children
 * stand before the card, which is long. */
export function ModelCard({ pipeline, children }: { pipeline: Pipeline; children?: ReactNode }) {
  return (
    <>
      <div className={styles.badges}>
        <StateBadge state={pipeline.state} />
        <OfferBadge pipeline={pipeline} />
        <span className={styles.quiet}>
          {pipeline.name} {pipeline.version} · {pipeline.licence}
        </span>
        <CardDownloads pipeline={pipeline} />
      </div>
      <p className={styles.summary}>{pipeline.summary}</p>
      <div className={styles.pair}>
        <section className={styles.box}>
          <h2>Intended use</h2>
          <p>{pipeline.intended_use}</p>
        </section>
        <section className={cx(styles.box, styles.limits)}>
          <h2>Limitations</h2>
          <p>{pipeline.limitations}</p>
        </section>
      </div>
      <section>
        <h2 className={styles.heading}>Weights and metrics</h2>
        <Weights files={pipeline.weights} />
      </section>
      {children}
      {pipeline.card_html && (
        <details className={styles.details} open>
          <summary>Model card</summary>
          {/* biome-ignore lint/security/noDangerouslySetInnerHtml: cleaned by the server (registry/cards.py) */}
          <div className={styles.card} dangerouslySetInnerHTML={{ __html: pipeline.card_html }} />
        </details>
      )}
    </>
  );
}
