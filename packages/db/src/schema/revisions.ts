/** A schema of MLflow that we open in place. */
export interface Revision {
  readonly revision: string;
  /** The releases of MLflow that make it and accept it. */
  readonly mlflow: string;
  /** The file beside this one that creates it. */
  readonly sqlite: string;
}

/**
 * The revisions we know, newest first; the first is what a fresh database gets. MLflow opens a database only at its
 * own revision, so each entry belongs to one minor release.
 */
export const REVISIONS: readonly [Revision, ...Revision[]] = [
  { revision: 'dc11669786a5', mlflow: '3.17', sqlite: 'dc11669786a5.sqlite.sql' },
];
