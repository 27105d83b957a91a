/** The server cannot start with these settings and this database; the message is one clear line. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
