/** The entry of the command line: binds one call to this process. Bundled to dist/cli.cjs. */
import { processIo } from "./io.ts";
import { runCli } from "./run-cli.ts";

// Whoever read us (`| head`) has seen enough: that is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

void runCli(process.argv.slice(2), processIo(process)).then((exitCode) => {
  process.exitCode = exitCode;
});
