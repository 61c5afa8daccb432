// natmod new: a project to start from.

import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { createProject } from '../core/project/create-project.ts';
import { type Template, templates } from '../core/project/templates.ts';
import type { CliPorts } from './terminal.ts';

export function registerNew(program: Command, ports: CliPorts): void {
  const rows = templates.map(({ name, title }) => `${name}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`);
  program
    .command('new')
    .description('make a project: sources, natmod.json and a script that tests the module')
    .argument('<module>', 'name of the module')
    .addArgument(new Argument('[dir]', 'folder to make; default: the name of the module'))
    .addOption(
      new Option('--template <name>', rows.join('; ')).default(templates[0], templates[0].name).argParser(readTemplate),
    )
    .action(async (module: string, dir: string | undefined, options: { readonly template: Template }) => {
      const folder = ports.files.resolve(ports.cwd, dir ?? module);
      const made = await createProject(options.template, module, folder, ports.files);
      ports.print(made.map((path) => `${path}\n`).join(''));
      ports.complain(`Build it: natmod build ${/\s/.test(dir ?? '') ? `"${dir}"` : (dir ?? module)}\n`);
    });
}

function readTemplate(name: string): Template {
  const found = templates.find((template) => template.name === name);
  if (found) return found;
  throw new InvalidArgumentError(`Known are ${templates.map((template) => template.name).join(', ')}.`);
}
