/** About `count` round numbers between two ends. */
export function ticksBetween(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((of) => of * power).find((of) => of >= rough) ?? rough;
  const found: number[] = [];
  for (let tick = Math.ceil(low / step); tick * step <= high; tick += 1) {
    found.push(Number((tick * step).toPrecision(12)));
  }
  return found;
}
