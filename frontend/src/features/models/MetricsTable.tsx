import styles from "./Models.module.css";
import { columnsOf, isObject, type Json, keyTitle, leafText } from "./metricsTree";

/** Objects of alike objects as one table, other objects as rows, nested as deep as they go. */
export function MetricsTable({ value, label }: { value: Json; label: string }) {
  const leaf = leafText(value);
  if (leaf !== null) return <>{leaf}</>;
  const columns = columnsOf(value);
  if (columns !== null && isObject(value)) {
    return (
      <table className={styles.metrics} aria-label={label}>
        <thead>
          <tr>
            <td />
            {columns.map((column) => (
              <th key={column} scope="col">
                {keyTitle(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Object.entries(value).map(([key, row]) => (
            <tr key={key}>
              <th scope="row">{keyTitle(key)}</th>
              {columns.map((column) => (
                <td key={column}>{isObject(row) && leafText(row[column] ?? null)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    );
  }
  const entries = Array.isArray(value)
    ? value.map((item, index): [string, Json] => [String(index + 1), item])
    : Object.entries(isObject(value) ? value : {});
  return (
    <table className={styles.metrics} aria-label={label}>
      <tbody>
        {entries.map(([key, item]) => (
          <tr key={key}>
            <th scope="row">{keyTitle(key)}</th>
            <td>
              {leafText(item) === null ? (
                <details>
                  <summary>Show</summary>
                  <MetricsTable value={item} label={keyTitle(key)} />
                </details>
              ) : (
                leafText(item)
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
