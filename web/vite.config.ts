/** How the page is built: from `web/` into `dist/web` (`npm run build`). */
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

const root = import.meta.dirname;
const compressible = /\.(?:js|css|svg|html|txt)$/;

/** Writes each text also as brotli and gzip, so that no request has to compress. */
function compressed(): Plugin {
  return {
    name: "compressed",
    enforce: "post",
    generateBundle(_options, bundle) {
      for (const [fileName, part] of Object.entries(bundle)) {
        if (!compressible.test(fileName)) continue;
        const bytes = Buffer.from(part.type === "chunk" ? part.code : part.source);
        const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: brotli });
        this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source: gzipSync(bytes, { level: 9 }) });
      }
    },
  };
}

export default defineConfig({
  root,
  logLevel: "warn",
  plugins: [compressed()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: path.join(root, "..", "dist", "web"),
    emptyOutDir: true,
    target: "es2022",
    // A data: address would not pass the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
  },
});
