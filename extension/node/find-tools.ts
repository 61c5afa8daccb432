// Where installers put compilers that are not on PATH: Debian and Homebrew aside, each has a folder of its own.
// https://docs.espressif.com/projects/esp-idf, https://xpack-dev-tools.github.io, https://docs.platformio.org/en/latest/projectconf

import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** `*` stands for one folder of any name. */
function patterns(home: string, env: NodeJS.ProcessEnv): string[] {
  const windows = process.platform === 'win32';
  const espressif = env.IDF_TOOLS_PATH ?? join(home, '.espressif');
  const platformio = env.PLATFORMIO_CORE_DIR ?? join(home, '.platformio');
  const everywhere = [
    join(espressif, 'tools', '*', '*', '*', 'bin'),
    join(platformio, 'packages', '*', 'bin'),
    join(home, '.local', 'xPacks', '*', '*', '*', '.content', 'bin'),
    join(home, '.local', 'xPacks', '*', '*', '.content', 'bin'),
  ];
  if (windows) {
    const local = env.LOCALAPPDATA ?? join(home, 'AppData', 'Local');
    const roaming = env.APPDATA ?? join(home, 'AppData', 'Roaming');
    const programs = [env.ProgramFiles, env['ProgramFiles(x86)']].filter((folder) => folder !== undefined);
    return [
      ...everywhere,
      join(local, 'Arduino15', 'packages', '*', 'tools', '*', '*', 'bin'),
      join(roaming, 'xPacks', '*', '*', '*', '.content', 'bin'),
      ...programs.flatMap((folder) => [
        join(folder, 'LLVM', 'bin'),
        join(folder, 'Arm GNU Toolchain*', '*', 'bin'),
        join(folder, 'Arm', 'GNU Toolchain*', 'bin'),
      ]),
      'C:\\msys64\\mingw64\\bin',
    ];
  }
  const mac = process.platform === 'darwin';
  return [
    ...everywhere,
    join(home, mac ? 'Library/Arduino15' : '.arduino15', 'packages', '*', 'tools', '*', '*', 'bin'),
    ...(mac ? [join(home, 'Library/xPacks/*/*/*/.content/bin'), '/Applications/ArmGNUToolchain/*/*/bin'] : []),
    ...(mac ? [] : ['/home/linuxbrew/.linuxbrew/bin', '/home/linuxbrew/.linuxbrew/opt/llvm/bin']),
    ...(mac ? ['/opt/homebrew/bin', '/opt/homebrew/opt/llvm/bin', '/usr/local/opt/llvm/bin'] : []),
    '/usr/local/bin',
    '/opt/*/bin',
    '/usr/lib/llvm-22/bin',
  ];
}

/** @returns the folders that are there. Nothing is run. */
export async function toolFolders(home = homedir(), env = process.env): Promise<string[]> {
  const found = await Promise.all(patterns(home, env).map((pattern) => expand(pattern)));
  return [...new Set(found.flat())];
}

async function expand(pattern: string): Promise<string[]> {
  const [first, ...parts] = pattern.split(/[\\/]/);
  let folders = [first === '' ? '/' : `${first}/`];
  for (const part of parts) {
    if (part === '') continue;
    if (!part.includes('*')) {
      folders = folders.map((folder) => join(folder, part));
      continue;
    }
    const shape = new RegExp(`^${part.split('*').map(quoteRegExp).join('.*')}$`);
    const lists = await Promise.all(folders.map((folder) => subfolders(folder)));
    folders = lists.flatMap((names, at) =>
      names.filter((name) => shape.test(name)).map((name) => join(folders[at], name)),
    );
  }
  const there = await Promise.all(
    folders.map(async (folder) => (await readdir(folder).catch(() => undefined)) !== undefined),
  );
  return folders.filter((_, at) => there[at]);
}

function quoteRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isFile()).map((entry) => entry.name);
}
