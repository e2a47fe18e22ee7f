/**
 * Bundles a script that a test starts many times: to find and read two hundred files of TypeScript
 * takes three times as long as what the script then does.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";

const require = createRequire(import.meta.url);

/** Writes the script into the directory, as one file. Returns its path. */
export async function bundled(script: URL, directory: string): Promise<string> {
  const outfile = path.join(directory, `${path.basename(script.pathname, ".ts")}.cjs`);
  await build({
    entryPoints: [script.pathname],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "error",
    // Starts of processes of its own, which such a script does not use.
    logOverride: { "empty-import-meta": "silent" },
    plugins: [
      {
        name: "native-parts",
        setup: (b) => b.onResolve({ filter: /^better-sqlite3$/ }, ({ path: name }) => ({ path: require.resolve(name), external: true })),
      },
    ],
  });
  return outfile;
}
