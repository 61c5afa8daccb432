// The board that the user works with: chosen once in a workspace and remembered, its port shared by all features. Ports are listed
// without being opened; one is opened only for a command that the user has given.

import * as vscode from 'vscode';
import type { PortFacts } from '../core/board/boards.ts';
import type { Drives } from '../core/board/circuitpy-drive.ts';
import type { Clock, OpenPort, Port } from '../core/board/port.ts';
import { type BoardFacts, probe } from '../core/board/probe.ts';
import type { RawRepl } from '../core/board/raw-repl.ts';
import { visit } from '../core/board/visit.ts';
import { error, Failure } from '../core/diagnostic.ts';
import { boardRows, isSerial } from './board-rows.ts';
import { commands, settings } from './contributions.ts';
import { type HoldPort, SharedPort } from './shared-port.ts';

export interface BoardPorts {
  /** Opens none of them. */
  readonly list: () => Promise<readonly PortFacts[]>;
  readonly opener: (baudRate: number) => OpenPort;
  /** Tells other programs of ours who has a port. */
  readonly hold: HoldPort;
  readonly drives: Drives;
  readonly clock: Clock;
  /** Raw deflate with a window of so many bits. */
  readonly deflate: (bytes: Uint8Array, windowBits: number) => Uint8Array;
}

export interface BoardSession extends BoardPorts {
  /** The one of the settings, else the one chosen last in this workspace. */
  readonly address: string | undefined;
  /** Of this session: what each board told when it was last asked. */
  readonly facts: ReadonlyMap<string, BoardFacts>;
  /** Address, facts or the state of a port have changed. */
  readonly onDidChange: vscode.Event<void>;
  /** The chosen board, where it is plugged in; else the user chooses. @returns undefined when they choose none */
  choose(): Promise<string | undefined>;
  /** Asks the user whatever was chosen before. */
  ask(): Promise<string | undefined>;
  port(address: string): SharedPort;
  /** Runs a job that has the board alone. */
  use<T>(address: string, job: (port: Port) => Promise<T>): Promise<T>;
  /**
   * Runs a job in the board's raw REPL, which it has alone.
   * @throws Failure `board/...`
   */
  visit<T>(address: string, options: VisitRequest, act: (repl: RawRepl, facts: BoardFacts) => Promise<T>): Promise<T>;
  /** Asks the board what it is. @throws Failure `board/...` */
  probe(address: string): Promise<BoardFacts>;
  /** A board has told what it is. */
  learn(address: string, facts: BoardFacts): void;
  /** Address of a board that has told what it is, maybe because something on it changes. */
  readonly onDidLearn: vscode.Event<string>;
}

export interface VisitRequest {
  readonly cancel?: AbortSignal | undefined;
  /** Ask the board what it is even if that is known: how much room it has changes. */
  readonly probe?: boolean;
}

const untrusted = error(
  'board/untrusted',
  'Natmod talks to boards only in a trusted workspace.',
  undefined,
  'Run the command Workspaces: Manage Workspace Trust.',
);

/** How often the list is looked at while it is open. */
const refreshMs = 1000;
const memory = 'natmod.board';

export function activate(context: vscode.ExtensionContext, ports: BoardPorts): BoardSession {
  const changed = new vscode.EventEmitter<void>();
  const facts = new Map<string, BoardFacts>();
  const shared = new Map<string, SharedPort>();

  const learned = new vscode.EventEmitter<string>();

  const set = () => vscode.workspace.getConfiguration().get<string>(settings.port, '').trim();
  const chosen = () => set() || context.workspaceState.get<string>(memory);

  async function choose(): Promise<string | undefined> {
    const address = chosen();
    if (address === undefined) return ask();
    // Of other kinds of addresses nobody knows before they are tried; a setting may name a link such as /dev/serial/by-id/....
    if (address === set() || !isSerial(address) || shared.get(address)?.isOpen) return address;
    const plugged = await ports.list().catch(() => []);
    const isPlugged = plugged.some(({ path }) => path === address);
    // Ports that are the machine's own are no other board.
    return isPlugged || plugged.every(({ vendorId }) => vendorId === undefined) ? address : ask();
  }

  async function ask(): Promise<string | undefined> {
    const address = await pickBoard(ports.list, chosen(), facts);
    if (address !== undefined) await remember(address);
    return address;
  }

  async function remember(address: string): Promise<void> {
    await context.workspaceState.update(memory, address);
    changed.fire();
  }

  /** @param target a row of the Boards view */
  async function select(target?: { readonly address?: unknown }): Promise<void> {
    if (typeof target?.address === 'string') await remember(target.address);
    else await ask();
  }

  function port(address: string): SharedPort {
    const known = shared.get(address);
    if (known) return known;
    const open: OpenPort = async (name) => {
      if (!vscode.workspace.isTrusted) throw new Failure(untrusted);
      return ports.opener(vscode.workspace.getConfiguration().get<number>(settings.baudRate, 115_200))(name);
    };
    const made = new SharedPort(address, open, isSerial(address) ? ports.hold : undefined);
    shared.set(address, made);
    return made;
  }

  function learn(address: string, told: BoardFacts): void {
    // The last one told is the last one in the map.
    facts.delete(address);
    facts.set(address, told);
    learned.fire(address);
    changed.fire();
  }

  const visitBoard: BoardSession['visit'] = (address, request, act) =>
    port(address).use((open) =>
      visit({ port: open, clock: ports.clock }, { cancel: request.cancel }, async (repl) => {
        let told = request.probe ? undefined : facts.get(address);
        if (!told) {
          told = await probe(repl);
          learn(address, told);
        }
        return act(repl, told);
      }),
    );

  context.subscriptions.push(
    changed,
    learned,
    vscode.commands.registerCommand(commands.selectBoard, select),
    vscode.commands.registerCommand(commands.releasePort, async () => {
      await Promise.all([...shared.values()].map((each) => each.release()));
      changed.fire();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration(settings.port) && changed.fire()),
    { dispose: () => shared.forEach((each) => void each.release()) },
  );
  return {
    ...ports,
    get address() {
      return chosen();
    },
    facts,
    onDidChange: changed.event,
    choose,
    ask,
    port,
    use: (address, job) => port(address).use(job),
    visit: visitBoard,
    probe: (address) => visitBoard(address, { probe: true }, async (_, told) => told),
    learn,
    onDidLearn: learned.event,
  };
}

/** @returns what the last board that was asked in this session told */
export function connectedBoard(session: Pick<BoardSession, 'facts'>): BoardFacts | undefined {
  return [...session.facts.values()].at(-1);
}

interface PickedRow extends vscode.QuickPickItem {
  readonly address: string | undefined;
  readonly typed?: string | undefined;
}

/** The list follows what is plugged in and what is typed. */
async function pickBoard(
  list: BoardPorts['list'],
  last: string | undefined,
  known: ReadonlyMap<string, BoardFacts>,
): Promise<string | undefined> {
  const pick = vscode.window.createQuickPick<PickedRow>();
  pick.title = 'Natmod: Board';
  pick.placeholder = 'A serial port, or type an address such as socket://HOST:PORT';
  pick.matchOnDescription = true;
  pick.keepScrollPosition = true;
  pick.busy = true;
  let plugged: readonly PortFacts[] = [];
  let shown = '';
  const show = () => {
    const rows = boardRows(plugged, last, pick.value, known);
    const text = JSON.stringify(rows);
    if (text === shown) return;
    shown = text;
    const active = pick.activeItems[0]?.label;
    pick.items = rows.map((row) => ({
      ...row,
      alwaysShow: row.address === pick.value.trim() || row.typed !== undefined,
    }));
    const again = pick.items.filter(({ label }) => label === active);
    if (again.length > 0) pick.activeItems = again;
  };
  let over = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = async () => {
    plugged = await list().catch(() => []);
    if (over) return;
    pick.busy = false;
    show();
    timer = setTimeout(refresh, refreshMs);
  };
  try {
    return await new Promise<string | undefined>((resolve) => {
      pick.onDidChangeValue(show);
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => {
        const row = pick.selectedItems[0];
        if (!row) return;
        if (row.address !== undefined) return resolve(row.address);
        pick.value = row.typed ?? '';
        show();
      });
      show();
      pick.show();
      void refresh();
    });
  } finally {
    over = true;
    clearTimeout(timer);
    pick.dispose();
  }
}
