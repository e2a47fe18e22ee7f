/** The style of pages for people: readable on a phone, in light and in dark. */
export const pageStyle = `
:root { color-scheme: light dark; --line: light-dark(#c9c9c4, #4a4a48); --soft: light-dark(#f3f2ee, #2a2a28); --back: light-dark(#fff, #1b1b1a); --ink: light-dark(#1b1b1a, #ececea); --dim: light-dark(#5b5b57, #b3b3ae); --go: light-dark(#1f5fbf, #7fb0ff); --on-go: light-dark(#fff, #10203a); --bad: light-dark(#a3261b, #ff9d92); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 1rem 1rem 4rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0.5rem 0 1rem; overflow-wrap: anywhere; }
h1.problem, .problem { color: var(--bad); }
h2 { font-size: 1rem; margin: 1.5rem 0 0.3rem; }
p { margin: 0.6rem 0; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.15rem 0.8rem; margin: 0; }
dt, .dim { color: var(--dim); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem; margin: 0.3rem 0; font: 15px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
form + p { margin-top: 1.5rem; }
form { border-top: 1px solid var(--line); margin-top: 1.2rem; padding-top: 0.8rem; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 0.6rem 0; padding: 0.4rem 0.8rem 0.8rem; min-width: 0; }
legend { float: left; width: 100%; padding: 0; font-weight: 600; overflow-wrap: anywhere; }
legend + * { clear: both; }
label { display: block; margin: 0.6rem 0 0.2rem; overflow-wrap: anywhere; }
label.choice { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.6rem; align-items: start; padding: 0.35rem 0; margin: 0; }
label.choice input { width: 1.3rem; height: 1.3rem; margin: 0.15rem 0 0; }
textarea, select, input[type="text"], input[type="number"] { width: 100%; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--dim); border-radius: 8px; padding: 0.6rem; }
button { display: block; width: 100%; min-height: 3rem; margin: 0.7rem 0 0; padding: 0.6rem 1rem; font: inherit; font-weight: 600; border-radius: 10px; border: 2px solid var(--go); background: var(--go); color: var(--on-go); overflow-wrap: anywhere; }
button.no { background: var(--back); color: var(--bad); border-color: var(--bad); }
:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
`;
