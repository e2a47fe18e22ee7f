/** The login page: exchanges a one-time code, or takes a pasted token. */
import { useEffect, useState } from "preact/hooks";
import type { JSX } from "preact";
import { ApiProblem, call } from "../api.ts";
import type { SignInAddress } from "./login-code.ts";

type State = { readonly step: "signing-in" } | { readonly step: "asking"; readonly problem: string | null };

export function LoginPage({ signIn }: { readonly signIn: SignInAddress }): JSX.Element {
  const [state, setState] = useState<State>({ step: "signing-in" });
  const ask = (error: unknown): void => setState({ step: "asking", problem: wordsOf(error) });

  useEffect(() => {
    document.title = "Sign in · Claude Worker";
    begin(signIn).then((isSignedIn) => (isSignedIn ? location.replace(signIn.target) : setState({ step: "asking", problem: null })), ask);
  }, []);

  const submit = (token: string): void => {
    setState({ step: "signing-in" });
    call("createSession", { token }).then(() => location.replace(signIn.target), ask);
  };

  return (
    <main class="login">
      <h1>Claude Worker</h1>
      {state.step === "signing-in" ? <p role="status">Signing in…</p> : <SignInForm problem={state.problem} submit={submit} />}
    </main>
  );
}

/** @returns false: the person has to sign in. @throws ApiProblem. */
async function begin({ code }: SignInAddress): Promise<boolean> {
  if (code !== null) {
    await call("createSession", { code });
    return true;
  }
  try {
    await call("listSessions", {});
    return true;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return false;
    throw error;
  }
}

interface FormProps {
  readonly problem: string | null;
  readonly submit: (token: string) => void;
}

function SignInForm({ problem, submit }: FormProps): JSX.Element {
  const [isEmpty, setIsEmpty] = useState(false);
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget as HTMLFormElement).get("token") ?? "").trim();
    setIsEmpty(token === "");
    if (token !== "") submit(token);
  };
  const shown = isEmpty ? "Paste a token first." : problem;
  return (
    <>
      {shown === null ? null : (
        <p class="problem" role="alert" id="problem">
          {shown}
        </p>
      )}
      <p>
        On the machine where the worker runs, type <code>claude-worker open</code>. It signs this browser in.
      </p>
      <form onSubmit={onSubmit} noValidate>
        <label for="token">Or paste a token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          autocapitalize="off"
          aria-describedby={shown === null ? undefined : "problem"}
        />
        <button type="submit">Sign in</button>
      </form>
    </>
  );
}

function wordsOf(error: unknown): string {
  return error instanceof ApiProblem ? error.message : "The page met an error of its own. Load it again.";
}
