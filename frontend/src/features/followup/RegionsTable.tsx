import { useState } from "react";
import type { RegionChange } from "@/api/followup";
import { ChangeBar } from "./ChangeBar";
import { millilitres, signedPercent } from "./figures";
import panels from "./Panels.module.css";
import { barEnd, type RegionOrder, sortedRegions } from "./regions";
import styles from "./Tables.module.css";
import { verdictText } from "./words";

const ORDERS: readonly { order: RegionOrder; title: string }[] = [
  { order: "name", title: "Region" },
  { order: "noise", title: "Change" },
  { order: "rate", title: "Per year" },
];

interface RegionsTableProps {
  regions: readonly RegionChange[];
  comparable: boolean;
}

/** The volume of each structure at both visits, and its change within the band of its noise. */
export function RegionsTable({ regions, comparable }: RegionsTableProps) {
  const [order, setOrder] = useState<RegionOrder>("noise");
  if (regions.length === 0) return null;
  const end = barEnd(regions);
  const outside = regions.filter(({ verdict }) => verdict === "change").length;
  return (
    <section className={panels.block} aria-label="Regions">
      <h3>Regions</h3>
      <p className={panels.quiet}>
        {comparable
          ? `${outside} of ${regions.length} changed by more than the noise of their measurement (the grey band).`
          : "Volumes of both visits. They are not compared."}
      </p>
      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <SortHead order={order} column={ORDERS[0]} onOrder={setOrder} />
              <th scope="col">Base</th>
              <th scope="col">Follow-up</th>
              {comparable && (
                <>
                  <SortHead order={order} column={ORDERS[1]} onOrder={setOrder} />
                  <th scope="col">Verdict</th>
                  <SortHead order={order} column={ORDERS[2]} onOrder={setOrder} />
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {sortedRegions(regions, order).map((region) => (
              <tr key={region.label ?? region.name}>
                <td>{region.name}</td>
                <td className={styles.figure}>{millilitres(region.base_ml)}</td>
                <td className={styles.figure}>{millilitres(region.follow_ml)}</td>
                {comparable && (
                  <>
                    <td>
                      <ChangeBar region={region} end={end} />
                    </td>
                    <td className={region.verdict === "change" ? undefined : styles.muted}>
                      {verdictText(region)}
                    </td>
                    <td className={styles.figure}>
                      {region.verdict === "change" ? signedPercent(region.per_year_percent) : "–"}
                    </td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface SortHeadProps {
  order: RegionOrder;
  column: (typeof ORDERS)[number] | undefined;
  onOrder: (order: RegionOrder) => void;
}

function SortHead({ order, column, onOrder }: SortHeadProps) {
  if (column === undefined) return null;
  const isChosen = column.order === order;
  const direction = column.order === "name" ? "ascending" : "descending";
  return (
    <th scope="col" aria-sort={isChosen ? direction : "none"}>
      <button type="button" onClick={() => onOrder(column.order)}>
        {column.title}
      </button>
    </th>
  );
}
