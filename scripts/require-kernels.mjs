// What every command that runs the sources needs: the right Node, and the compiled kernels, which `npm ci` builds.
import './require-node.mjs';
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../kernels/kernels.generated.ts', import.meta.url))) {
  console.error(
    'millrace: kernels/kernels.generated.ts is missing: `npm ci` builds it unless it runs with --ignore-scripts or --omit=dev. Run `npm run prepare`.',
  );
  process.exit(1);
}
