// Starts the command line tool, from its bundles in dist/. Makefiles run `natmod link` once a module: that verb is a bundle of
// its own, because reading in the others takes longer than linking does.

import { join } from 'node:path';
import { cacheFolder } from './node/cache-folder.ts';
import { runCompiled } from './node/compiled-code.ts';

/** Of the bundle that this file becomes, which is CommonJS. */
declare const require: (name: string) => unknown;

const bundle = process.argv[2] === 'link' ? 'cli-link.js' : 'cli-verbs.js';
runCompiled(join(import.meta.dirname, bundle), join(cacheFolder(), 'compiled'), require);
