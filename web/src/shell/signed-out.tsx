/** The dialog over a page whose session has ended. */
import { useEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";

export function SignedOut(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const here = `${location.pathname}${location.search}${location.hash}`;
  return (
    <dialog ref={dialog} aria-labelledby="signed-out" onCancel={(event) => event.preventDefault()}>
      <h2 id="signed-out">Signed out</h2>
      <p>
        Run <code>claude-worker open</code> on the worker's machine.
      </p>
      <a class="button" href={`/login?to=${encodeURIComponent(here)}`}>
        Sign in
      </a>
    </dialog>
  );
}
