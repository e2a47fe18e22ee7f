/**
 * Answers the same question once in a pass over many tasks. A batch of a thousand tasks in one
 * directory looks at its files once. Outside of a pass nothing is kept, and no answer outlives one.
 */

/** The answers of the pass that runs now, by what is asked; null: no pass runs. */
let answers: WeakMap<object, Map<string, unknown>> | null = null;

/**
 * Makes one pass of `work`, which must be synchronous and change none of what it looks at. A pass
 * within a pass is part of it.
 */
export function inOneLook<T>(work: () => T): T {
  if (answers !== null) return work();
  answers = new WeakMap();
  try {
    return work();
  } finally {
    answers = null;
  }
}

/**
 * What `read` says, asked once in a pass. An error is not kept.
 * @param question what is asked: a function, or the object that knows. @param key of what.
 */
export function lookOnce<T>(question: object, key: string, read: () => T): T {
  if (answers === null) return read();
  const known = answers.get(question) ?? new Map<string, unknown>();
  answers.set(question, known);
  if (known.has(key)) return known.get(key) as T;
  const answer = read();
  known.set(key, answer);
  return answer;
}
