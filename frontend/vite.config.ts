import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const backend = process.env.SYNOPTIC_BACKEND ?? "http://127.0.0.1:8000";
const contractEvents = fileURLToPath(new URL("../tests/contract/events", import.meta.url));

/** Third-party code that changes rarely, and Cornerstone, which only the lazy viewer needs. */
function chunkOf(id: string): string | undefined {
  if (!id.includes("node_modules")) return undefined;
  if (/node_modules\/(react|react-dom|scheduler|react-router)\//.test(id)) return "react";
  if (/node_modules\/(@tanstack|openapi-fetch|radix-ui|@radix-ui|@floating-ui)\//.test(id)) {
    return "libraries";
  }
  return undefined;
}

export default defineConfig({
  base: "/static/app/",
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  worker: { format: "es" },
  optimizeDeps: {
    exclude: ["@cornerstonejs/dicom-image-loader"],
    include: ["dicom-parser"],
  },
  build: {
    target: "es2022",
    outDir: "dist",
    manifest: true,
    chunkSizeWarningLimit: 6000,
    rollupOptions: { output: { manualChunks: chunkOf } },
  },
  server: {
    port: 5173,
    strictPort: false,
    fs: { allow: [".", contractEvents] },
    proxy: {
      "/api": backend,
      "/dicomweb": backend,
      "/accounts": backend,
      "/admin": backend,
      "/healthz": backend,
      "/ws": { target: backend.replace(/^http/, "ws"), ws: true },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/app/testSetup.ts"],
    restoreMocks: true,
  },
});
