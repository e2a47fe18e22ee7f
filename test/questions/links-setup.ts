/** A question, its links for a channel, and the door that shows their pages. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import type { Caller } from "../../src/contract/caller.ts";
import type { ChannelAnswers } from "../../src/domain/notifications/channel-answers.ts";
import { noRules } from "../../src/domain/notifications/rules.ts";
import type { AskedQuestion, Question } from "../../src/domain/questions/question.ts";
import type { QuestionLinks } from "../../src/domain/questions/question-links.ts";
import { openDoorOf } from "../../testing/http-door.ts";
import type { DoorAnswer } from "../../testing/http-door.ts";
import { plainInput } from "../../testing/plain-task.ts";
import { realApi } from "../../testing/real-api.ts";

export const publicUrl = "https://worker.example.com/claude";
const owner: Caller = { scope: "admin", name: "socket" };

export const permission: AskedQuestion = {
  key: "k1",
  kind: "permission",
  tool: "Bash",
  toolUseId: "toolu_1",
  agentId: null,
  input: { command: "touch a" },
  inputHash: "1",
  rule: "Bash(touch *)",
};

export async function linked(t: TestContext, asked: AskedQuestion = permission, answers: ChannelAnswers = "permissions") {
  const s = realApi(t, { public_url: publicUrl });
  const { api, store, corner, clock, paths, links } = s;
  if (links === null) throw new Error("there is no public address");
  const working_directory = corner.workdir("project", { trusted: false });
  await api.addTrust({ directory: working_directory }, owner);
  const { id: task } = await api.submitTask(plainInput({ prompt: "Work <b>hard</b>", working_directory }), owner);
  const target = { url: "https://example.com/" };
  const common = {
    kind: "webhook",
    target,
    events: ["question"],
    allowPrivate: false,
    rules: noRules,
    answerFrom: [],
    addedToken: null,
  } as const;
  const added = await store.write(() => store.notifications.addChannel({ ...common, name: "phone", answers, createdAt: 1 }, null));
  const channel = added?.id ?? 0;
  const ask = (more: Partial<AskedQuestion> = {}, deadline: number | null = null): Promise<Question> =>
    store.write(() => store.questions.ask(task, 1, { ...asked, ...more }, { askedAt: clock.nowMs, deadline }));
  const question = await ask();
  const linksOf = (of = question): QuestionLinks => links.linksOf(of, channel, ["allow", "deny"], clock.nowMs);
  const directory = path.dirname(paths.serverSocket);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const door = await openDoorOf(t, api, { directory, publicUrl });
  /** As a proxy passes a browser's request on. */
  const call = (
    url: string,
    more: { method?: string; body?: string | Buffer; headers?: Record<string, string> } = {},
  ): Promise<DoorAnswer> =>
    door.call({
      path: url.replace(publicUrl, ""),
      tcp: true,
      token: null,
      ...more,
      headers: {
        host: "worker.example.com",
        ...(more.body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...more.headers,
      },
    });
  const send = (url: string, fields: Record<string, string>, headers: Record<string, string> = fromBrowser): Promise<DoorAnswer> =>
    call(url, { body: String(new URLSearchParams(fields)), headers });
  return {
    ...s,
    owner,
    door,
    task,
    channel,
    question,
    ask,
    linksOf,
    /** The link that gives this option. */
    link: (label: string, of = question): string => linksOf(of).options.find((each) => each.label === label)?.url ?? "",
    call,
    /** Sends a form to a link. */
    send,
    /** Opens a link, and sends its form. */
    press: async (url: string, fields: Record<string, string> = {}): Promise<DoorAnswer> => {
      const { text } = await call(url);
      return await send(url, { confirmation: confirmationIn(text), ...fields });
    },
    stored: () => store.questions.get(question.id),
  };
}

/** What a browser sends with a form of a page without referrers. */
export const fromBrowser = { origin: "null", "sec-fetch-site": "same-origin" };

export function confirmationIn(page: string): string {
  return /name="confirmation" value="([0-9a-f]+)"/.exec(page)?.[1] ?? "";
}
