// The sizes of a module's functions and variables as areas, block by block. https://en.wikipedia.org/wiki/Treemapping

import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import type { SymbolRow } from '../extension/core/inspect/describe.ts';

export interface Treemap {
  readonly element: HTMLElement;
  show(symbols: readonly SymbolRow[]): void;
}

interface Node {
  readonly name: string;
  readonly symbol?: SymbolRow;
  readonly size?: number;
  readonly children?: readonly Node[];
}

/** In pixels: the name of a block, the space between areas, what a name needs to be legible. */
const captionHeight = 18;
const gap = 2;
const legible = { width: 44, height: 16 } as const;

/** @param onChoose the user wants to see the symbol's code or bytes */
export function symbolTreemap(onChoose: (symbol: SymbolRow) => void): Treemap {
  const element = document.createElement('div');
  element.className = 'treemap';
  element.setAttribute('role', 'group');
  element.setAttribute('aria-label', 'Sizes of functions and variables');
  let symbols: readonly SymbolRow[] = [];

  function draw(): void {
    const { clientWidth: width, clientHeight: height } = element;
    element.replaceChildren();
    element.hidden = symbols.length === 0;
    if (symbols.length === 0 || width === 0 || height === 0) return;
    const root = hierarchy<Node>(treeOf(symbols), (node) => node.children)
      .sum((node) => node.size ?? 0)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
    const layout = treemap<Node>().tile(treemapSquarify).size([width, height]).paddingInner(gap);
    for (const { data, depth, value = 0, x0, x1, y0, y1 } of layout
      .paddingTop(({ depth: level }) => (level === 1 ? captionHeight : 0))
      .round(true)(root)
      .descendants()) {
      if (depth === 0) continue;
      const { symbol } = data;
      const area = document.createElement(symbol ? 'button' : 'div');
      area.className = `${symbol ? 'area' : 'block'} ${symbol?.block ?? data.name}`;
      Object.assign(area.style, { left: `${x0}px`, top: `${y0}px`, width: `${x1 - x0}px`, height: `${y1 - y0}px` });
      const label = `${data.name}, ${value.toLocaleString('en-US')} bytes`;
      area.title = label;
      if (symbol) {
        area.setAttribute('aria-label', `${label} of ${symbol.block}`);
        area.addEventListener('click', () => onChoose(symbol));
      }
      if (x1 - x0 >= legible.width && y1 - y0 >= legible.height) area.textContent = symbol ? data.name : label;
      element.append(area);
    }
  }

  new ResizeObserver(draw).observe(element);
  return {
    element,
    show(next) {
      symbols = next.filter(({ size }) => size > 0);
      element.hidden = symbols.length === 0;
      draw();
    },
  };
}

function treeOf(symbols: readonly SymbolRow[]): Node {
  const blocks = new Map<string, Node[]>();
  for (const symbol of symbols) {
    const node = { name: symbol.name, symbol, size: symbol.size };
    const block = blocks.get(symbol.block);
    if (block) block.push(node);
    else blocks.set(symbol.block, [node]);
  }
  return { name: 'module', children: [...blocks].map(([name, children]) => ({ name, children })) };
}
