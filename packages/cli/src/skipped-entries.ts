import type { Problem } from '@bitacora/db';

interface Log {
  warn(facts: object, message: string): void;
}

/** Entries of a file store that are passed over. Those of the start wait until there is a log to name them in. */
export class SkippedEntries {
  #log: Log | undefined;
  #waiting: Problem[] = [];

  tell(problems: readonly Problem[]): void {
    if (!this.#log) {
      this.#waiting.push(...problems);
      return;
    }
    for (const problem of problems) this.#log.warn(problem, 'Skipped an entry of the file store.');
  }

  logTo(log: Log): void {
    this.#log = log;
    this.tell(this.#waiting.splice(0));
  }
}
