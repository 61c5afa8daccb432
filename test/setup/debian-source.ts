// Source packages of Debian, of suites that the machine itself need not use: apt is given its own list of sources and
// private folders, so that it works without root and leaves the system's lists and cache alone.
// https://manpages.debian.org/bookworm/apt/sources.list.5.en.html

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { debianMirrors } from '../micropython/debian-mirrors.ts';
import { Unavailable } from './need.ts';
import { onPath } from './packages.mjs';
import { output } from './process-group.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface SourceRequest {
  /** For messages: whose source this is. */
  readonly what: string;
  /** Where apt keeps its lists and leaves what it fetches; not cleaned up here. */
  readonly folder: string;
  /** Debian suites, e.g. `bookworm`. */
  readonly suites: readonly string[];
  /** Packages as apt-get takes them, `name` or `name=version`; the first that can be had is fetched. */
  readonly packages: readonly string[];
  /** Leave the archives as they are instead of unpacking and patching them. */
  readonly packed?: boolean;
}

/** @throws Unavailable when none can be had on this machine, with the reason */
export async function fetchDebianSource(request: SourceRequest): Promise<void> {
  const { what, folder, suites, packages, packed } = request;
  for (const program of packed ? ['apt-get'] : ['apt-get', 'dpkg-source']) {
    if (!onPath(program)) throw new Unavailable(`${what}'s source comes by ${program}, which is not installed`);
  }
  const mirrors = await debianMirrors();
  if (mirrors.length === 0 || !existsSync(KEYRING)) {
    throw new Unavailable(`${what}'s source comes from Debian, and this machine's apt names no Debian mirror`);
  }
  const list = `Types: deb-src\nURIs: ${mirrors.join(' ')}\nSuites: ${suites.join(' ')}\nComponents: main\nSigned-By: ${KEYRING}\n`;
  await writeFile(join(folder, 'natmod.sources'), list);
  await mkdir(join(folder, 'lists', 'partial'), { recursive: true });
  const options = {
    'Dir::Etc::sourcelist': join(folder, 'natmod.sources'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache': folder,
    'APT::Sandbox::User': '',
    'Acquire::Retries': '2',
  };
  const apt = ['apt-get', '-q', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])];

  // A mirror that lacks one of the suites, or is not Debian's after all, is no obstacle: the next command decides.
  let said = (await output([...apt, 'update'], folder)).text;
  const source = [...apt, 'source', '--only-source', ...(packed ? ['--download-only'] : [])];
  for (const spec of packages) {
    const result = await output([...source, spec], folder);
    said += result.text;
    if (result.code === 0) return;
  }
  // The first complaints name the cause, the later ones what came of it.
  const complaints = new Set(said.split('\n').filter((line) => /^[EW]:/.test(line)));
  throw new Unavailable(`${what}'s source could not be fetched: ${[...complaints].slice(0, 2).join(' ')}`);
}
