// A windowed Xtensa toolchain (the ESP32's calling convention) out of Debian's one for the ESP8266: its GCC and binutils
// read the instruction set out of a plugin named by XTENSA_GNU_CONFIG, and QEMU's source has the tables of a core that it
// also emulates, de233_fpu. Built once, kept in Natmod's cache.
// https://sourceware.org/git/?p=binutils-gdb.git;a=blob;f=include/xtensa-dynconfig.h
//
//   tsx test/setup/windowed-xtensa.ts     builds it and prints its path

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { cacheFolder } from '../micropython/source.ts';
import { fetchDebianSource } from './debian-source.ts';
import { withLock } from './lock.ts';
import { Unavailable } from './need.ts';
import { onPath } from './packages.mjs';
import { output } from './process-group.ts';

const CORE = 'target/xtensa/core-de233_fpu';
const PLUGIN = join(dirname(fileURLToPath(import.meta.url)), 'windowed-xtensa.c');

/**
 * The first time takes 15 seconds, of which most go to 50 MB of archives.
 * @returns the plugin's path, for XTENSA_GNU_CONFIG
 * @throws Unavailable when this machine can't fetch or build it
 */
export async function windowedXtensa(): Promise<string> {
  const home = join(cacheFolder(), 'windowed-xtensa');
  const plugin = join(home, 'de233_fpu.so');
  if (existsSync(plugin)) return plugin;
  for (const program of ['gcc', 'tar', 'xz'])
    if (!onPath(program)) throw new Unavailable(`${program} is not installed`);
  return withLock(`${home}.lock`, async () => {
    if (existsSync(plugin)) return plugin;
    await mkdir(home, { recursive: true });
    const temporary = await mkdtemp(join(home, 'fetch-'));
    try {
      await rename(await build(temporary), plugin);
      return plugin;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
}

async function build(folder: string): Promise<string> {
  // Their releases follow the machine's own only loosely: the tables and the plugin interface have not changed in years.
  const suites = ['bookworm'];
  await fetchDebianSource({ what: 'QEMU', folder, suites, packages: ['qemu'], packed: true });
  await fetchDebianSource({ what: 'binutils', folder, suites, packages: ['binutils'], packed: true });
  const tables = join(await unpack(folder, 'qemu_', [`*/${CORE}/*`]), CORE);
  const headers = join(await unpack(folder, 'binutils_', ['*/include/xtensa-*', '*/include/ansidecl.h']), 'include');
  const product = join(folder, 'plugin.so');
  await must([
    ...['gcc', '-shared', '-fPIC', '-O1', '-w', '-o', product],
    // The tables rely on headers of QEMU's that all of its files get.
    ...['stdint.h', 'string.h', 'ansidecl.h'].flatMap((header) => ['-include', header]),
    ...[headers, tables].map((path) => `-I${path}`),
    ...[PLUGIN, '-x', 'c', join(tables, 'xtensa-modules.c.inc')],
  ]);
  return product;
}

/** @returns the top folder of what was unpacked */
async function unpack(folder: string, prefix: string, wanted: readonly string[]): Promise<string> {
  const archive = (await readdir(folder)).find((name) => name.startsWith(prefix) && /\.orig\.tar\.\w+$/.test(name));
  if (!archive) throw new Error(`no archive ${prefix}*.orig.tar.* in ${folder}`);
  const into = join(folder, `${prefix}unpacked`);
  await mkdir(into);
  await must(['tar', '-xf', join(folder, archive), '-C', into, '--wildcards', ...wanted]);
  const [top] = await readdir(into);
  return join(into, top);
}

async function must(argv: readonly string[]): Promise<void> {
  const { code, text } = await output(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with code ${code}:\n${text.slice(0, 2000)}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) console.log(await windowedXtensa());
