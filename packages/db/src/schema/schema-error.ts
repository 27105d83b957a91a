/** The file is not a database that we may open. It has not been changed; the message says what it is and what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}
