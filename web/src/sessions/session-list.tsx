/** The browsers that are signed in, each with a button that signs it out. */
import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";
import type { BrowserSessionView } from "../../../src/contract/views/browser-session.ts";
import { ApiProblem, call } from "../api.ts";

type Sessions = readonly BrowserSessionView[];

export function SessionList(): JSX.Element {
  const [sessions, setSessions] = useState<Sessions | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = (): void => {
    call("listSessions", {}).then(({ sessions: all }) => setSessions(all), failed);
  };
  const failed = (error: unknown): void => setProblem(error instanceof ApiProblem ? error.message : "The list cannot be shown.");
  const act = (work: Promise<unknown>): void => {
    setProblem(null);
    work.then(load, failed);
  };
  const signOut = (session: BrowserSessionView): void => {
    if (!session.current) return act(call("removeSession", { id: session.id }));
    call("removeSession", { id: session.id }).then(() => location.assign("/login"), failed);
  };
  useEffect(load, []);
  return (
    <>
      {problem === null ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {sessions === null ? <p role="status">Loading…</p> : <Rows sessions={sessions} signOut={signOut} />}
      {(sessions ?? []).length > 1 ? (
        <button type="button" onClick={() => act(call("removeOtherSessions", {}))}>
          Sign out all others
        </button>
      ) : null}
    </>
  );
}

interface RowsProps {
  readonly sessions: Sessions;
  readonly signOut: (session: BrowserSessionView) => void;
}

function Rows({ sessions, signOut }: RowsProps): JSX.Element {
  return (
    <ul class="rows">
      {sessions.map((session) => (
        <li key={session.id}>
          <div>
            <strong>{session.current ? "This browser" : (session.user_agent ?? "A browser without a name")}</strong>
            <span>{aboutOf(session)}</span>
          </div>
          <button type="button" aria-label={`Sign out session ${session.id}`} onClick={() => signOut(session)}>
            Sign out
          </button>
        </li>
      ))}
    </ul>
  );
}

const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

function aboutOf({ address, last_used_at, scope, token }: BrowserSessionView): string {
  const rights = token === null ? scope : `${scope}, token ${token}`;
  return `${rights} · from ${address ?? "an unknown address"} · used ${moment.format(new Date(last_used_at))}`;
}
