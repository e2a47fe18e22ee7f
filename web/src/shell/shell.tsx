/** The frame of every page but the login page: heading, sessions, and the end of the session. */
import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";
import type { Page } from "../routes.ts";
import { SessionList } from "../sessions/session-list.tsx";
import { SignedOut } from "./signed-out.tsx";
import { watchSession } from "./watch-session.ts";

export function Shell({ page }: { readonly page: Page }): JSX.Element {
  const [isSignedOut, setIsSignedOut] = useState(false);
  useEffect(() => {
    document.title = `${page.title} · Claude Worker`;
    return watchSession(() => setIsSignedOut(true));
  }, []);
  return (
    <>
      <header class="bar">
        <a href="/">Claude Worker</a>
        <a href="/settings/sessions">Sessions</a>
      </header>
      <main class="content">
        <h1>{page.title}</h1>
        <Content page={page} />
      </main>
      {isSignedOut ? <SignedOut /> : null}
    </>
  );
}

function Content({ page }: { readonly page: Page }): JSX.Element {
  if (page.kind === "sessions") return <SessionList />;
  if (page.kind === "unknown") return <p>There is no page at this address.</p>;
  return (
    <p>
      This page is not built yet. The command line shows the same: <code>{page.command}</code>
    </p>
  );
}
