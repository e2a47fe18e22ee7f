/**
 * Starts a probe process: it sends one small request with the environment of a task, and writes the
 * agent's messages to standard output, one JSON object per line. With the word `usage` it asks for
 * the account's limits instead, and writes the answer. It ends when its parent ends, because that
 * closes its standard input.
 */
import { dirname } from "node:path";
import { loadAgent, localToken, prepareProcess, takeBoot } from "./boot.ts";
import { messageOf } from "../domain/errors.ts";
import { markerName } from "../processes/sweep.ts";
import { noClaudeNote } from "./no-claude.ts";
import { redaction } from "./redaction.ts";

const boot = takeBoot(process.env);
prepareProcess(boot, "claude-worker-probe");
const createAgent = await loadAgent(boot.agent);
const agent = createAgent({
  env: { ...boot.agentEnv, [markerName]: boot.runnerId },
  executable: boot.claudeExecutable,
  onSpawned: () => {},
});
process.stdin.resume().on("end", () => {
  agent.kill("SIGKILL");
  process.exit(1);
});
const { redact, text } = redaction(boot.agentEnv, process.env, localToken(boot.agentEnv));
const directory = dirname(boot.socket);
if (process.argv[3] === "usage") {
  const answer = await agent.usage?.(directory).catch((error: unknown) => ({ problem: text(messageOf(error)) }));
  process.stdout.write(`${redact({ type: "worker", subtype: "usage", answer: answer ?? null }).json}\n`, () => process.exit(0));
  await new Promise(() => {});
}
const model = process.argv[2] ?? "";
const request = { model: model === "" ? null : model, directory };
const thrown = (await agent.probe?.(request, (entry) => void process.stdout.write(`${redact(entry).json}\n`))) ?? null;
const noClaude = noClaudeNote(thrown === null ? null : text(thrown));
if (noClaude !== null) process.stdout.write(`${redact(noClaude).json}\n`);
process.stdout.write(`${redact({ type: "worker", subtype: "ended", thrown, stopRequested: null }).json}\n`, () => process.exit(0));
