/** Entry of a runner process. One per attempt, detached, it outlives the server. */
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../domain/errors.ts";
import { markerName } from "../processes/sweep.ts";
import { becomeSubreaper } from "../processes/subreaper.ts";
import { loadAgent, localToken, prepareProcess, takeBoot, tellListening } from "./boot.ts";
import { redaction } from "./redaction.ts";
import { Runner } from "./runner.ts";

const reapLimitMs = 1_000;

const boot = takeBoot(process.env);
prepareProcess(boot);
const secrets = redaction(boot.agentEnv, process.env, localToken(boot.agentEnv));
let adopting = false;
const createAgent = await loadAgent(boot.agent);
const agent = createAgent({
  env: { ...boot.agentEnv, [markerName]: boot.runnerId },
  executable: boot.claudeExecutable,
  // The runner adopts what its tree leaves behind, the processes that run already included.
  onSpawned: () => {
    void becomeSubreaper().then((adopts) => (adopting = adopts));
  },
});
const runner = new Runner({ boot, agent, redaction: secrets, now: Date.now, isAdopting: () => adopting });
process.on("SIGTERM", () => runner.interrupt());
process.on("uncaughtException", (error) => {
  process.stderr.write(`claude-worker runner: ${secrets.text(messageOf(error))}\n`);
  process.exitCode = 1;
  void runner.fail(messageOf(error));
});
// A promise of the SDK that nobody waits for says nothing about the attempt.
process.on("unhandledRejection", (reason) => {
  process.stderr.write(`claude-worker runner: ${secrets.text(messageOf(reason))}\n`);
});
await runner.listen();
tellListening();
await runner.park();
await runner.over;
await runner.close();
// Nobody waits for this process any more. Where process 1 is none that reaps (a container), Claude
// Code would stay as a zombie without its parent.
await Promise.race([agent.reaped, delay(reapLimitMs)]);
process.exit();
