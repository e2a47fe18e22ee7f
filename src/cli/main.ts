/** The entry of the command line: binds one call to this process. Bundled to dist/cli.cjs. */
import { processIo } from "./io.ts";
import { runCli } from "./run-cli.ts";

const io = processIo(process);
void runCli(process.argv.slice(2), io).then(async (exitCode) => {
  await io.written();
  // Nothing is left to do: closing what is open one by one would take longer than to leave.
  process.exit(exitCode);
});
