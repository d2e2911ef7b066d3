/** Exact Euclidean distances on a grid (Felzenszwalb and Huttenlocher 2012, separable). */

const FAR = 1e12;

/** Squared distances along one line, in place; `step` is the spacing in mm. */
function alongLine(values: Float64Array, step: number): void {
  const count = values.length;
  const source = values.slice();
  const vertex = new Int32Array(count);
  const border = new Float64Array(count + 1);
  const square = step * step;
  const cut = (q: number, r: number) =>
    ((source[q] as number) - (source[r] as number) + square * (q * q - r * r)) /
    (2 * square * (q - r));
  let last = 0;
  border[0] = Number.NEGATIVE_INFINITY;
  border[1] = Number.POSITIVE_INFINITY;
  for (let q = 1; q < count; q++) {
    let at = cut(q, vertex[last] as number);
    while (at <= (border[last] as number)) {
      last -= 1;
      at = cut(q, vertex[last] as number);
    }
    last += 1;
    vertex[last] = q;
    border[last] = at;
    border[last + 1] = Number.POSITIVE_INFINITY;
  }
  let nearest = 0;
  for (let q = 0; q < count; q++) {
    while ((border[nearest + 1] as number) < q) nearest += 1;
    const from = vertex[nearest] as number;
    values[q] = square * (q - from) ** 2 + (source[from] as number);
  }
}

export type Size3 = readonly [columns: number, rows: number, slices: number];

/** Distance in mm of each voxel to the nearest one of `inside` (1), over all axes given. */
export function distanceTo(
  mask: Uint8Array,
  inside: 0 | 1,
  size: Size3,
  spacing: readonly [number, number, number],
): Float32Array {
  const [columns, rows] = size;
  const squared = Float64Array.from(mask, (value) => (value === inside ? 0 : FAR));
  const strides = [1, columns, columns * rows] as const;
  for (const axis of [0, 1, 2] as const) {
    const count = size[axis];
    if (count < 2) continue;
    const line = new Float64Array(count);
    const stride = strides[axis];
    for (let start = 0; start < squared.length; start++) {
      if (Math.floor(start / stride) % count !== 0) continue;
      for (let at = 0; at < count; at++) line[at] = squared[start + at * stride] as number;
      alongLine(line, spacing[axis]);
      for (let at = 0; at < count; at++) squared[start + at * stride] = line[at] as number;
    }
  }
  return Float32Array.from(squared, Math.sqrt);
}
