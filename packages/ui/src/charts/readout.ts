import type uPlot from 'uplot';
import { shortNumber } from '../format/number.ts';
import classes from './line-chart.module.css';

interface ReadoutOptions {
  /** Each label has two series, the raw one first; only the smooth one is read. */
  readonly isSmoothed: boolean;
  readonly xText: (x: number) => string;
}

const MOST_LINES = 12;
const GAP = 14;

/** The values under the cursor, in a small box beside it. Only the chart under the pointer shows one. */
export function readout({ isSmoothed, xText }: ReadoutOptions): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = classes.readout ?? '';
  box.hidden = true;
  let isOver = false;
  return {
    hooks: {
      init: [
        (self) => {
          self.over.append(box);
          self.over.addEventListener('mouseenter', () => {
            isOver = true;
          });
          self.over.addEventListener('mouseleave', () => {
            isOver = false;
            box.hidden = true;
          });
        },
      ],
      setCursor: [
        (self) => {
          const { left = -1, top = 0, idx } = self.cursor;
          const x = idx === null || idx === undefined ? undefined : self.data[0][idx];
          if (!isOver || left < 0 || x === undefined) {
            box.hidden = true;
            return;
          }
          fill(box, xText(x), valuesAt(self, isSmoothed));
          box.hidden = false;
          const isRight = left > self.over.clientWidth / 2;
          box.style.left = isRight ? '' : `${left + GAP}px`;
          box.style.right = isRight ? `${self.over.clientWidth - left + GAP}px` : '';
          box.style.top = `${Math.max(0, Math.min(top, self.over.clientHeight - box.offsetHeight))}px`;
        },
      ],
    },
  };
}

interface ReadValue {
  readonly label: string;
  readonly color: string;
  readonly value: number;
}

function valuesAt(self: uPlot, isSmoothed: boolean): readonly ReadValue[] {
  const read: ReadValue[] = [];
  for (let index = isSmoothed ? 2 : 1; index < self.series.length; index += isSmoothed ? 2 : 1) {
    const at = self.cursor.idxs?.[index];
    const value = at === null || at === undefined ? undefined : self.data[index]?.[at];
    const { label, stroke, show } = self.series[index]!;
    if (value === undefined || value === null || !show) continue;
    const color = typeof stroke === 'function' ? stroke(self, index) : stroke;
    read.push({ label: String(label), color: String(color), value });
  }
  return read.sort((a, b) => b.value - a.value);
}

/** Built as nodes: a run's name is anybody's text. */
function fill(box: HTMLElement, title: string, values: readonly ReadValue[]): void {
  const head = document.createElement('div');
  head.textContent = title;
  head.className = classes.readoutTitle ?? '';
  const rows = values.slice(0, MOST_LINES).map(({ label, color, value }) => {
    const row = document.createElement('div');
    row.className = classes.readoutRow ?? '';
    const dot = document.createElement('span');
    dot.className = classes.dot ?? '';
    dot.style.background = color;
    const name = document.createElement('span');
    name.className = 'truncate';
    name.textContent = label;
    const number = document.createElement('strong');
    number.textContent = shortNumber(value);
    row.append(dot, name, number);
    return row;
  });
  const rest = values.length - MOST_LINES;
  const more = document.createElement('div');
  more.textContent = rest > 0 ? `and ${rest} more` : '';
  box.replaceChildren(head, ...rows, ...(rest > 0 ? [more] : []));
}
