/** A canvas over the image on which the label map's plane is painted. */

import { type LabelColours, type LabelMap, paintLabels, type ViewPlane } from "./labelPaint";

export interface LabelLayer {
  readonly draw: (
    map: LabelMap | null,
    view: ViewPlane | null,
    colours: LabelColours | null,
  ) => void;
  readonly remove: () => void;
}

export function makeLabelLayer(host: HTMLElement): LabelLayer {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  canvas.dataset.layer = "labels";
  canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none";
  host.append(canvas);
  const context = canvas.getContext("2d");
  let image: ImageData | null = null;
  return {
    draw: (map, view, colours) => {
      if (context === null) return;
      const { clientWidth: width, clientHeight: height } = host;
      if (map === null || view === null || colours === null || width === 0 || height === 0) {
        if (canvas.width > 0) canvas.width = 0;
        image = null;
        return;
      }
      if (image === null || canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
        image = context.createImageData(width, height);
      }
      const pixels = new Uint32Array(image.data.buffer);
      paintLabels(pixels, width, height, map, view, colours);
      context.putImageData(image, 0, 0);
    },
    remove: () => canvas.remove(),
  };
}
