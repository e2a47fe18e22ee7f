/** The entry of the command line: binds one call to this process. Bundled to dist/cli.cjs. */
import { processIo } from "./terminal/io.ts";
import { reportFailure, runCli } from "./commandline/run-cli.ts";

const io = processIo(process);
const words = process.argv.slice(2);

async function leave(exitCode: number): Promise<void> {
  await io.written();
  // Nothing is left to do: closing what is open one by one would take longer than to leave.
  process.exit(exitCode);
}

// What fails while a live display draws is thrown from a timer, so no caller can catch it.
process.once("uncaughtException", (thrown) => void reportFailure(thrown, words, io).then(leave));
void runCli(words, io).then(leave);
