// @vitest-environment node
import { describe, expect, it } from "vitest";

const sources = import.meta.glob<string>("../**/*.{ts,tsx}", {
  eager: true,
  query: "?raw",
  import: "default",
});

interface Import {
  from: string;
  of: string;
}

/** The path of a module below `src/`, whichever way it was written. */
function resolved(file: string, specifier: string): string {
  if (specifier.startsWith("@/")) return specifier.slice(2);
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${file}`).pathname.slice(1);
}

const imports: Import[] = Object.entries(sources).flatMap(([path, text]) => {
  const from = new URL(path, "file:///app/").pathname.slice(1);
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map((match) => ({ from, of: resolved(from, match[1] ?? "") }));
});

const featureOf = (path: string) => /^features\/([^/]+)\//.exec(path)?.[1];

const told = (those: Import[]) => those.map(({ from, of }) => `${from} imports ${of}`);

describe("who may import whom", () => {
  it("is read from real files", () => {
    expect(imports.length).toBeGreaterThan(300);
    expect(imports).toContainEqual({ from: "app/App.tsx", of: "live/react" });
  });

  it("leaves Cornerstone to the viewer", () => {
    const wrong = imports.filter(
      ({ from, of }) => of.startsWith("@cornerstonejs/") && !from.startsWith("viewer/"),
    );
    expect(told(wrong)).toEqual([]);
  });

  it("lets others have the viewer's types and keys, and the viewer itself lazily", () => {
    const allowed = ["viewer", "viewer/types", "viewer/shortcuts"];
    const wrong = imports.filter(
      ({ from, of }) =>
        /^viewer(\/|$)/.test(of) && !from.startsWith("viewer/") && !allowed.includes(of),
    );
    expect(told(wrong)).toEqual([]);
  });

  it("keeps features apart", () => {
    const wrong = imports.filter(({ from, of }) => {
      const [own, other] = [featureOf(from), featureOf(`${of}/`)];
      return own !== undefined && other !== undefined && own !== other;
    });
    expect(told(wrong)).toEqual([]);
  });

  it("builds upwards: ui, api and live know nothing of features and pages", () => {
    const wrong = imports.filter(
      ({ from, of }) => /^(ui|api|live)\//.test(from) && /^(features|app)\//.test(of),
    );
    expect(told(wrong)).toEqual([]);
  });
});
