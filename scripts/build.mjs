// Makes dist/ from src/: esbuild bundles each process (docs/decisions/0012 and 0020) and the public
// client, and tsc writes the client's types, which takes most of the time (not with
// --without-types). It does not check types (`npm run check` does). Plain JavaScript, so that it
// also runs on a Node that reads no TypeScript.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const src = path.join(root, "src");

/** What the server starts besides the command line, and the server itself. */
const processes = [
  "server/main",
  "server/restore",
  "runner/main",
  "runner/probe",
  "store/sqlite/file/maintenance-process",
  "json-schema/check-thread",
];

/** Packages with native parts, and one that looks for Claude Code beside its own file. */
const external = ["better-sqlite3", "koffi", "@anthropic-ai/claude-agent-sdk"];

/** @type {Pick<import("esbuild").BuildOptions, "bundle" | "platform" | "target" | "logLevel">} */
const common = { bundle: true, platform: "node", target: "node22.14", logLevel: "warning" };

/** Stands for the way from a built file to dist/ until the place of that file is known. */
const toDist = "way-to-dist:";

/**
 * In a bundle `import.meta` still names the place under dist/ where the file would be on its own,
 * so that `new URL("../server/main.js", import.meta.url)` means the same in src/ and in a bundle.
 * @param {(place: string) => string} urlOf writes an expression with the URL of that place.
 * @returns {import("esbuild").Plugin}
 */
const ownPlaces = (urlOf) => ({
  name: "own-places",
  setup(build) {
    build.onLoad({ filter: /\.ts$/, namespace: "file" }, ({ path: file }) => {
      const code = readFileSync(file, "utf8");
      if (!file.startsWith(src + path.sep) || !code.includes("import.meta")) return undefined;
      const url = urlOf(path.relative(src, file).replace(/\.ts$/, ".js"));
      const contents = `const importMeta = { url: ${url} };\n${code.replaceAll("import.meta", "importMeta")}`;
      return { contents, loader: "ts" };
    });
  },
});

/**
 * Node's own modules are required, not imported: an import reads every export at once, and the one
 * of node:http loads a web client that no process needs (0.1 s).
 * @type {import("esbuild").Plugin}
 */
const requiredBuiltins = {
  name: "required-builtins",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path: name }) => ({ path: name, namespace: "builtin" }));
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path: name }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(name)});`,
      loader: "js",
    }));
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
    if (!process.argv.includes("--without-types")) writeTypes(out);
    const esbuild = await import("esbuild");
    await Promise.all([
      buildPage(out),
      bundleCli(esbuild, out),
      bundleClient(esbuild, out),
      ...processes.map((name) => bundleProcess(esbuild, name, out)),
    ]);
    const dist = path.join(root, "dist");
    if (existsSync(dist)) renameSync(dist, path.join(fresh, "old"));
    renameSync(out, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The page (`web/`), with compressed forms of its files. @param {string} out */
async function buildPage(out) {
  // A package without its page must not come about.
  if (!existsSync(path.join(root, "node_modules", "preact"))) throw new Error("packages of the page are missing. Run: npm ci");
  const vite = await import("vite");
  await vite.build({ configFile: path.join(root, "web", "vite.config.ts"), build: { outDir: path.join(out, "web") } });
}

/** The declarations of the public client. @param {string} out */
function writeTypes(out) {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const run = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", out], {
    cwd: root,
    stdio: "inherit",
  });
  if (run.status !== 0) throw new Error("tsc could not write the types of src/client");
}

/**
 * @param {typeof import("esbuild")} esbuild
 * @param {string} out
 */
async function bundleCli(esbuild, out) {
  const {
    outputFiles: [bundle],
  } = await esbuild.build({
    ...common,
    entryPoints: [path.join(src, "cli", "main.ts")],
    write: false,
    format: "cjs",
    external,
    // A shorter text: V8 copies it, and a long one costs the first garbage collection of a call.
    minifyWhitespace: true,
    // The launcher runs it as a script, which cannot import.
    supported: { "dynamic-import": false },
    plugins: [
      ownPlaces((place) => `require("node:url").pathToFileURL(require("node:path").join(__dirname, ${JSON.stringify(place)})).href`),
    ],
  });
  const text = ascii(bundle?.text ?? "");
  // The launcher recognises its code cache by this line.
  writeFileSync(path.join(out, "cli.cjs"), `// ${createHash("sha256").update(text).digest("hex")}\n${text}`);
}

/**
 * As few files as possible: a server of three hundred files took twice as long to start. What a
 * process imports later stays in files of its own.
 * @param {typeof import("esbuild")} esbuild
 * @param {string} name of the process's first file
 * @param {string} out
 */
async function bundleProcess(esbuild, name, out) {
  const { outputFiles } = await esbuild.build({
    ...common,
    entryPoints: { [name]: path.join(src, `${name}.ts`) },
    outdir: out,
    chunkNames: "parts/[name]-[hash]",
    write: false,
    format: "esm",
    splitting: true,
    external,
    plugins: [ownPlaces((place) => `new URL(${JSON.stringify(toDist + place)}, import.meta.url).href`), requiredBuiltins],
    // Packages that are CommonJS require other ones.
    banner: {
      js: 'import { createRequire as requireOfBundle } from "node:module"; const require = requireOfBundle(import.meta.url);',
    },
  });
  for (const { path: file, text } of outputFiles) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, ascii(text).replaceAll(toDist, `${path.relative(path.dirname(file), out)}/`));
  }
}

/** The public client stands alone: what it uses of others is inside.
 * @param {typeof import("esbuild")} esbuild
 * @param {string} out */
async function bundleClient(esbuild, out) {
  await esbuild.build({
    ...common,
    entryPoints: [path.join(src, "client", "index.ts")],
    outfile: path.join(out, "client", "index.js"),
    format: "esm",
  });
}

/**
 * V8 reads a text of ASCII in half the time. esbuild writes one, but for regular expressions.
 * @param {string} text of JavaScript
 */
function ascii(text) {
  return text.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
