// Makes dist/ from src/: tsc translates every file, esbuild bundles the command line into one file
// that starts fast, and the public client into one that needs nothing beside it. It does not check
// types (`npm run check` does). Plain JavaScript, so that it also runs on a Node that reads no
// TypeScript.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const src = path.join(root, "src");

/**
 * In the bundle `import.meta` still names the place under dist/ where the file would be on its own,
 * so that `new URL("../server/main.js", import.meta.url)` means the same in src/, in dist/ and in
 * the bundle.
 * @type {import("esbuild").Plugin}
 */
const ownPlaces = {
  name: "own-places",
  setup(build) {
    build.onLoad({ filter: /\.ts$/, namespace: "file" }, ({ path: file }) => {
      const code = readFileSync(file, "utf8");
      if (!file.startsWith(src + path.sep) || !code.includes("import.meta")) return undefined;
      const place = JSON.stringify(path.relative(src, file).replace(/\.ts$/, ".js"));
      const url = `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${place})).href`;
      const contents = `const importMeta = { url: ${url} };\n${code.replaceAll("import.meta", "importMeta")}`;
      return { contents, loader: "ts" };
    });
  },
};

// `prepare` also runs where there is nothing to build with (npm ci --omit=dev): then it leaves
// things as they are.
if (process.argv.includes("--if-possible") && !existsSync(path.join(root, "node_modules", "esbuild"))) {
  console.error("claude-worker: not built, because the development dependencies are not installed.");
} else {
  await build().catch((error) => {
    console.error(`claude-worker: not built: ${error.message}`);
    process.exitCode = 1;
  });
}

/**
 * Builds beside dist/ and swaps the folders at the end, so that a process that runs from dist/
 * meanwhile never sees half a build.
 */
async function build() {
  const fresh = mkdtempSync(path.join(root, ".dist-"));
  try {
    const out = path.join(fresh, "new");
    mkdirSync(out);
    translate(out);
    copyAssets(out);
    await bundleCli(out);
    await bundleClient(out);
    const dist = path.join(root, "dist");
    if (existsSync(dist)) renameSync(dist, path.join(fresh, "old"));
    renameSync(out, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** @param {string} out */
function translate(out) {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", out], {
    cwd: root,
    stdio: "inherit",
  });
  if (run.status !== 0) throw new Error("tsc could not translate src/");
}

/** Copies the files of src/ that are not TypeScript (SQL, templates). @param {string} out */
function copyAssets(out) {
  cpSync(src, out, { recursive: true, filter: (file) => !file.endsWith(".ts") });
}

/**
 * Bundles the command line, in ASCII only: V8 reads such a text in half the time.
 * @param {string} out
 */
async function bundleCli(out) {
  const esbuild = await import("esbuild");
  const {
    outputFiles: [bundle],
  } = await esbuild.build({
    entryPoints: [path.join(src, "cli", "main.ts")],
    write: false,
    bundle: true,
    platform: "node",
    target: "node22.14",
    format: "cjs",
    external: ["better-sqlite3", "koffi"],
    // A shorter text: V8 copies it, and a long one costs the first garbage collection of a call.
    minifyWhitespace: true,
    // The launcher runs it as a script, which cannot import.
    supported: { "dynamic-import": false },
    logLevel: "warning",
    plugins: [ownPlaces],
  });
  // esbuild itself leaves regular expressions as they are.
  const text = (bundle?.text ?? "").replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  // The launcher recognises its code cache by this line.
  writeFileSync(path.join(out, "cli.cjs"), `// ${createHash("sha256").update(text).digest("hex")}\n${text}`);
}

/** The public client stands alone: what it uses of others is inside.
 * @param {string} out */
async function bundleClient(out) {
  const esbuild = await import("esbuild");
  await esbuild.build({
    entryPoints: [path.join(src, "client", "index.ts")],
    outfile: path.join(out, "client", "index.js"),
    allowOverwrite: true,
    bundle: true,
    platform: "node",
    target: "node22.14",
    format: "esm",
    logLevel: "warning",
  });
}
