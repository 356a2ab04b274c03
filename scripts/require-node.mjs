// Plain JavaScript, so that any Node can run it: says what is missing before a .ts file fails with an unclear error.
const NEEDED = 24;
const found = process.versions.node;
if (Number.parseInt(found, 10) < NEEDED) {
  console.error(
    `millrace: Node ${NEEDED} or newer is needed; this is Node ${found} (${process.execPath}).\n` +
      'The development dependency `node` brings Node 26 by its install script. It is missing here: probably npm ran with\n' +
      '--ignore-scripts (see `npm config get ignore-scripts`) or --omit=dev. Run `npm ci --ignore-scripts=false`, or install Node 24 or newer.',
  );
  process.exit(1);
}
