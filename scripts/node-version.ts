/** The repository brings Node 24 for Linux and Windows; elsewhere the machine's own must do. */
export function requireNode24(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return;
  process.stderr.write(
    `Bitácora needs Node.js 24 or newer, this is ${process.versions.node}.\n` +
      'On Linux and Windows `npm ci` brings its own; on macOS install Node.js 24 first.\n',
  );
  process.exit(1);
}
