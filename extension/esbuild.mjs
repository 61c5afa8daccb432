// Makes dist/: everything that runs outside this repository is one bundled file, so that a VSIX needs no node_modules.
//   node extension/esbuild.mjs [--watch | --production]
// dist/ has no "type": "module" above it, hence CommonJS.

import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const nodeBundle = {
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  // `require` starts a bundle faster than Node's loader of ES modules.
  supported: { 'dynamic-import': false },
};
/** Files as they are, and where in dist/. */
const copies = [
  ['node_modules/@alexaltea/capstone-js/dist/capstone.wasm', 'webview/capstone.wasm'],
  ['node_modules/@alexaltea/capstone-js/LICENSE', 'webview/capstone.LICENSE.txt'],
  ['node_modules/cdt-gdb-adapter/LICENSE', 'licenses/cdt-gdb-adapter.LICENSE.txt'],
  ['extension/adapter/cdt-gdb-adapter.source.txt', 'licenses/cdt-gdb-adapter.source.txt'],
];
/** Copied beside the bundles, which find them there. */
const headers = 'headers';
const bundles = [
  { entry: 'extension/host.ts', out: 'host.js', ...nodeBundle, external: ['vscode'] },
  {
    entry: 'extension/adapter.ts',
    out: 'adapter.js',
    ...nodeBundle,
    external: ['*.node'],
  },
  { entry: 'extension/cli.ts', out: 'cli.js', ...nodeBundle, banner: { js: '#!/usr/bin/env node' } },
  { entry: 'extension/cli-link.ts', out: 'cli-link.js', ...nodeBundle, plugins: [withoutProcesses('commander')] },
  { entry: 'extension/cli-verbs.ts', out: 'cli-verbs.js', ...nodeBundle, plugins: [withoutProcesses('commander')] },
  { entry: 'extension/disassembler.ts', out: 'disassembler.js', ...nodeBundle },
  { entry: 'extension/starter.ts', out: 'starter.js', ...nodeBundle },
  {
    entry: 'node_modules/serialport/dist/index.js',
    out: 'serialport.js',
    ...nodeBundle,
    plugins: [prebuiltSerialport()],
  },
  { entry: 'webview-ui/main.ts', out: 'webview/main.js', platform: 'browser', format: 'iife', target: 'es2022' },
  {
    entry: 'webview-ui/worker.ts',
    out: 'webview/worker.js',
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    external: ['node:fs'],
  },
  { entry: 'webview-ui/style.css', out: 'webview/main.css' },
];

/** For a package that loads child_process, which is slow, for a feature that we do not use: it gets an empty one. */
function withoutProcesses(name) {
  return {
    name: 'without-processes',
    setup(build) {
      build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
        importer.split(/[/\\]/).includes(name) ? { path: 'nothing', namespace: 'without-processes' } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: 'without-processes' }, () => ({ contents: 'module.exports = {}' }));
    },
  };
}

/** Other processes may be reading dist/ (tests run side by side): each sees the old file or the new one, never half. */
async function writeOutput(path, bytes) {
  const old = existsSync(path) ? await readFile(path) : undefined;
  if (old && Buffer.compare(old, bytes) === 0) return;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, bytes);
  if (path.endsWith('cli.js')) await chmod(temporary, 0o755);
  await rename(temporary, path);
}

/** esbuild runs with `write: false`; this plugin puts the results in place, after the first build and after each rebuild. */
function writer() {
  return {
    name: 'write',
    setup(build) {
      build.onEnd(async (result) => {
        for (const file of result.outputFiles ?? []) {
          await writeOutput(file.path, file.contents);
          if (file.path.endsWith('.map')) continue;
          const name = relative(root, file.path).padEnd(24);
          console.log(`${name} ${(file.contents.length / 1000).toFixed(1).padStart(8)} kB`);
        }
      });
    },
  };
}

/** Imported at run time, where few runs need them: bundles of their own. */
const onDemand = {
  name: 'on-demand',
  setup(build) {
    build.onResolve({ filter: /^\.\/[\w-]+\.ts$/ }, ({ kind, path, resolveDir }) => {
      const bundle = bundles.find(({ entry }) => join(root, entry) === join(resolveDir, path));
      return kind === 'dynamic-import' && bundle ? { path: `./${bundle.out}`, external: true } : undefined;
    });
    build.onResolve({ filter: /^serialport$/ }, ({ importer }) =>
      importer.split(/[/\\]/).includes('cdt-gdb-adapter')
        ? { path: join(root, 'extension/adapter/no-serial-port.cjs') }
        : { path: './serialport.js', external: true },
    );
  },
};

/** serialport looks for its native part beside its own files; ours lies in dist/serialport/. */
function prebuiltSerialport() {
  return {
    name: 'prebuilt-serialport',
    setup(build) {
      build.onLoad({ filter: /bindings-cpp[/\\]dist[/\\]serialport-bindings\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text.replace("(__dirname, '../')", "(__dirname, 'serialport')");
        if (contents === text) throw new Error(`${path} does not look for its prebuilds as it did`);
        return { contents };
      });
    },
  };
}

async function copySerialport(outDir) {
  const source = join(root, 'node_modules/@serialport/bindings-cpp');
  await writeOutput(join(outDir, 'serialport/LICENSE'), await readFile(join(source, 'LICENSE')));
  for (const entry of await readdir(join(source, 'prebuilds'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.includes('android')) continue;
    const file = join(entry.parentPath, entry.name);
    await writeOutput(join(outDir, 'serialport', relative(source, file)), await readFile(file));
  }
}

/** MicroPython's compiler to bytecode, which a worker loads from its file. */
async function copyMpyCross(outDir) {
  const source = join(root, 'node_modules/@pybricks/mpy-cross-v6');
  for (const name of ['build/mpy-cross-v6.js', 'build/mpy-cross-v6.wasm', 'LICENSE'])
    await writeOutput(join(outDir, 'mpy-cross', name.replace('build/', '')), await readFile(join(source, name)));
}

function options({ entry, out, plugins = [], ...rest }, outDir, production) {
  return {
    ...rest,
    entryPoints: [join(root, entry)],
    outfile: join(outDir, out),
    bundle: true,
    write: false,
    minify: production,
    // Names of functions and classes appear in stack traces that users send us.
    keepNames: production,
    sourcemap: production ? false : 'linked',
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [onDemand, ...plugins, writer()],
  };
}

/** Entries whose source exists; the others are named, so that a bundle never goes missing unseen. */
function present() {
  return bundles.filter(({ entry, out }) => {
    if (existsSync(join(root, entry))) return true;
    console.warn(`WARNING: dist/${out} is not made, there is no ${entry}`);
    return false;
  });
}

async function copyHeaders(outDir) {
  const source = join(root, 'extension', headers);
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    await writeOutput(join(outDir, headers, relative(source, file)), await readFile(file));
  }
}

async function main(args) {
  const unknown = args.filter((arg) => arg !== '--watch' && arg !== '--production');
  if (unknown.length)
    throw new Error(`unknown option ${unknown.join(' ')}: esbuild.mjs knows --watch and --production`);
  const production = args.includes('--production');
  const outDir = join(root, 'dist');
  if (args.includes('--watch')) {
    for (const bundle of present()) await (await esbuild.context(options(bundle, outDir, production))).watch();
    console.log('watching; Ctrl-C ends');
    return;
  }
  await copyHeaders(outDir);
  for (const [from, to] of copies) await writeOutput(join(outDir, to), await readFile(join(root, from)));
  await copyMpyCross(outDir);
  await copySerialport(outDir);
  await Promise.all(present().map((bundle) => esbuild.build(options(bundle, outDir, production))));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // esbuild has already printed its own errors with the places.
  if (!error.errors) console.error(error.message);
  process.exit(1);
}
