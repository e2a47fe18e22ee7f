/** Says who called, in words for people. Programs get the caller's name as it is stored. */

/** How a stored name begins, and what stands before the rest of it in words. */
const kinds: Readonly<Record<string, string>> = { token: "the token", channel: "the channel", task: "the agent of task" };

/** What a caller of the server's own machine is called everywhere. */
const owner = "the server's owner";

/**
 * `the server's owner`, `the token ci`, `the channel phone`, `the agent of task 12`, `browser
 * session 4`, `browser session 4 of the token ci`. @param name as it is stored: `socket`,
 * `token:ci`, `channel:phone`, `task:12`, `session:4`, `session:4:ci`.
 */
export function callerText(name: string): string {
  if (name === "socket" || name === "token:local") return owner;
  const [, kind = "", rest = ""] = /^([a-z]+):(.+)$/s.exec(name) ?? [];
  if (kind === "session") return `browser session ${rest.replace(":", " of the token ")}`;
  const words = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  return words === undefined ? name : `${words} ${rest}`;
}

/**
 * The same with the client that an agent names: `claude-code 2.1.330, an agent of the server's
 * owner`.
 */
export function actorText({ by, client }: { readonly by: string; readonly client?: string }): string {
  return client === undefined || by.startsWith("task:") ? callerText(by) : `${client}, an agent of ${callerText(by)}`;
}
