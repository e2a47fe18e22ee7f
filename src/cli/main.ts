/** The entry of the command line: binds one call to this process. Bundled to dist/cli.cjs. */
import { processIo } from "./io.ts";
import { runCli } from "./run-cli.ts";

void runCli(process.argv.slice(2), processIo(process)).then((exitCode) => {
  process.exitCode = exitCode;
});
